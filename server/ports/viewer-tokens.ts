import type { TokenDetails } from './authenticator.ts';

/** What lets somebody watch a room, without its secret. */
export interface ViewerToken {
  readonly id: string;
  readonly room: string;
  /** Whose key made it; undefined is the operator, or a server that needs no keys. */
  readonly key?: string | undefined;
  /** Set when a token made it: what signed that. */
  readonly signer?: string | undefined;
  readonly label?: string | undefined;
  /** ISO 8601. */
  readonly created: string;
  readonly expires?: string | undefined;
}

export interface NewViewerToken {
  readonly room: string;
  readonly key?: string | undefined;
  /** Of the token it is made with; it does not outlive that. */
  readonly token?: TokenDetails | undefined;
  readonly label?: string | undefined;
  /** Until it expires; undefined is never. */
  readonly seconds?: number | undefined;
}

/** The tokens of viewers. Every call may throw an error for the operator when they cannot be read or written. */
export interface ViewerTokens {
  /** The token is shown here and nowhere else. Throws `viewer.full`. */
  add(wanted: NewViewerToken): ViewerToken & { readonly token: string };
  /** Those of a room that are good. */
  list(room: string): readonly ViewerToken[];
  /** Undefined when there is no such pass in this room. */
  revoke(room: string, id: string): ViewerToken | undefined;
  /** The pass that a token proves to be, or undefined when it is none of ours. Throws `viewer.revoked`, `auth.expired`. */
  find(token: string): ViewerToken | undefined;
  /** Whether it may still be used. */
  state(id: string): 'good' | 'revoked' | 'expired';
}

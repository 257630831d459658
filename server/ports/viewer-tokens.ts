import type { TokenDetails } from './authenticator.ts';

/** Lets somebody watch a room without its secret. */
export interface ViewerToken {
  readonly id: string;
  readonly room: string;
  /** The key that created it; undefined means the operator, or a server that needs no keys. */
  readonly key?: string | undefined;
  /** Set when a token created it: the secret that signed that token. */
  readonly signer?: string | undefined;
  readonly label?: string | undefined;
  /** ISO 8601. */
  readonly created: string;
  readonly expires?: string | undefined;
}

export interface NewViewerToken {
  readonly room: string;
  readonly key?: string | undefined;
  /** The token used to create this one, which does not outlive it. */
  readonly token?: TokenDetails | undefined;
  readonly label?: string | undefined;
  /** Seconds until it expires; undefined means never. */
  readonly seconds?: number | undefined;
}

/**
 * The store of viewer tokens. Every call may throw an error for the operator when the tokens cannot be read or written.
 */
export interface ViewerTokens {
  /** The token is returned here and nowhere else. Throws `viewer.full`. */
  add(options: NewViewerToken): ViewerToken & { readonly token: string };
  /** The valid tokens of a room. */
  list(room: string): readonly ViewerToken[];
  /** Undefined when this room has no such token. */
  revoke(room: string, id: string): ViewerToken | undefined;
  /**
   * Finds the entry a token belongs to; undefined when we did not issue it. Throws `viewer.revoked`, `auth.expired`.
   */
  verify(token: string): ViewerToken | undefined;
  /** Whether it is still valid. */
  getState(id: string): 'good' | 'revoked' | 'expired';
}

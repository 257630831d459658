import type { Scope, TokenScope } from '../../protocol/index.ts';

export type { Scope, TokenScope };

/** Details of the token a request came with. */
export interface TokenDetails {
  /** ms since 1970. */
  readonly expiresMs: number;
  /** Names the secret that signed it: with another secret the token is worthless, and so is what it made. */
  readonly signer: string;
}

/** The client behind a request. */
export interface ClientIdentity {
  /** The key's public id; empty when nobody needs a key. */
  readonly key: string;
  /** What the credential may be used for. */
  readonly scopes: readonly Scope[];
  /** Undefined when the request carried the key itself. */
  readonly token?: TokenDetails | undefined;
  /** How many live sessions this key may have; undefined means as many as the server allows. */
  readonly sessionsMax: number | undefined;
  /** Minutes of audio this key may send per UTC day; 0 when nobody counts. */
  readonly quota: { readonly minutes: number };
  /** Counts audio, in ms. Returns false when the key has used up its minutes for today. */
  countAudio(audioMs: number): boolean;
}

/** The key behind something that outlives its request, such as a viewer token or a viewer's connection. */
export interface Issuer extends Partial<TokenDetails> {
  /** The key's public id. The token's details are set when a token, not the key itself, made the request. */
  readonly key: string;
}

/** Authenticates clients and decides what they may do. */
export interface Authenticator {
  /** False when clients need no key. */
  readonly needsKey: boolean;
  /** Rejects with `auth.missing`, `auth.invalid`, `auth.expired`, `auth.scope` or, for `stream`, `auth.quota`. */
  authenticate(credential: string | undefined, scope: Scope): Promise<ClientIdentity>;
  /** Authenticates a client that comes back to an open session, which outlives its token and its key's minutes. */
  reauthenticate(credential: string | undefined): Promise<ClientIdentity>;
  /** Why what `issuer` made is no longer valid; undefined while it is. Throws an error for the operator. */
  findRefusal(issuer: Issuer, scope: Scope): 'auth.invalid' | 'auth.expired' | 'auth.scope' | undefined;
  /**
   * Mints a token for the client's key, valid for `seconds`. Rejects with `auth.scope` when the key lacks one of
   * `scopes`.
   */
  mintToken(
    identity: ClientIdentity,
    seconds: number,
    scopes?: readonly TokenScope[],
  ): Promise<{ readonly token: string; readonly expires: string }>;
}

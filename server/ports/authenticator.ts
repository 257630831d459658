import type { Scope, TokenScope } from '../../protocol/index.ts';

export type { Scope, TokenScope };

/** What is known of the token a request came with. */
export interface TokenDetails {
  /** ms since 1970. */
  readonly expiresMs: number;
  /** Names the secret that signed it: with another secret the token is worthless, and so is what it made. */
  readonly signer: string;
}

/** Who stands behind a request. */
export interface ClientIdentity {
  /** The key's public id; empty when nobody needs a key. */
  readonly key: string;
  /** What the credential may be used for. */
  readonly scopes: readonly Scope[];
  /** Undefined when the key itself came. */
  readonly token?: TokenDetails | undefined;
  /** Live sessions this key may have; undefined is as many as the server has. */
  readonly sessionsMax: number | undefined;
  /** Minutes of audio a UTC day this key has; 0 when nobody counts. */
  readonly quota: { readonly minutes: number };
  /** Counts audio, ms; false when the key has used up its minutes of today. */
  heard(audioMs: number): boolean;
}

/** Whose doing something is that outlives its request, such as a viewer token, or a viewer's connection. */
export interface Issuer extends Partial<TokenDetails> {
  /** The key's public id. Details of a token are there when it was that, not the key, that came. */
  readonly key: string;
}

/** The doorkeeper: tells callers from strangers. */
export interface Authenticator {
  /** False when everybody may come in. */
  readonly needsKey: boolean;
  /** Rejects with `auth.missing`, `auth.invalid`, `auth.expired`, `auth.scope` or, for `stream`, `auth.quota`. */
  admit(credential: string | undefined, scope: Scope): Promise<ClientIdentity>;
  /** The same for who comes back to a session that is open: it outlives its token, and the minutes of its key. */
  readmit(credential: string | undefined): Promise<ClientIdentity>;
  /** Why what `maker` made no longer counts; undefined while it does. Throws an error for the operator. */
  refusalOf(maker: Issuer, scope: Scope): 'auth.invalid' | 'auth.expired' | 'auth.scope' | undefined;
  /** A token of `caller`'s key, for some seconds. Rejects with `auth.scope` when the key lacks one of `scopes`. */
  mint(
    caller: ClientIdentity,
    seconds: number,
    scopes?: readonly TokenScope[],
  ): Promise<{ readonly token: string; readonly expires: string }>;
}

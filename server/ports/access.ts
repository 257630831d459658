/** What a key may be used for: open sessions, mint browser tokens, read `/metrics`. */
export type Scope = 'stream' | 'token' | 'metrics';
/** What a request is for. `transcripts` are those of one's own: the scope `stream`, also when its minutes are used up. */
export type Purpose = Scope | 'transcripts';

/** Who stands behind a request. */
export interface Caller {
  /** The key's public id; empty when nobody needs a key. */
  readonly key: string;
  /** Live sessions this key may have; undefined is as many as the server has. */
  readonly sessionsMax: number | undefined;
  /** Minutes of audio a UTC day this key has; 0 when nobody counts. */
  readonly quota: { readonly minutes: number };
  /** Counts audio, ms; false when the key has used up its minutes of today. */
  heard(audioMs: number): boolean;
}

/** The doorkeeper: tells callers from strangers. */
export interface Access {
  /** False when everybody may come in. */
  readonly needsKey: boolean;
  /** Rejects with `auth.missing`, `auth.invalid`, `auth.expired`, `auth.denied` or `auth.quota`. */
  admit(credential: string | undefined, purpose: Purpose): Promise<Caller>;
  /** The same for who comes back to a session that is open: it outlives its token, and the minutes of its key. */
  readmit(credential: string | undefined): Promise<Caller>;
  /** A token that opens sessions for `caller`'s key, for some seconds. */
  mint(caller: Caller, seconds: number): Promise<{ readonly token: string; readonly expires: string }>;
}

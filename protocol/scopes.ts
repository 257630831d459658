/**
 * What a key or token may be used for: open sessions (`stream`), read and change the key's kept transcripts
 * (`transcripts`), watch the key's rooms and let others watch them (`viewers`), mint tokens (`token`), read `/metrics`
 * (`metrics`).
 */
export const SCOPES = ['stream', 'transcripts', 'viewers', 'token', 'metrics'] as const;
export type Scope = (typeof SCOPES)[number];

/** Scopes a token can have. A token never mints another one. */
export const TOKEN_SCOPES = ['stream', 'transcripts', 'viewers'] as const satisfies readonly Scope[];
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/**
 * What a key or token may be used for: opening sessions (`stream`), reading and changing the key's stored transcripts
 * (`transcripts`), watching the key's rooms and letting others watch them (`viewers`), minting tokens (`token`), reading
 * `/metrics` (`metrics`).
 */
export const SCOPES = ['stream', 'transcripts', 'viewers', 'token', 'metrics'] as const;
export type Scope = (typeof SCOPES)[number];

/** Scopes that a token can have. A token never mints another one. */
export const TOKEN_SCOPES = ['stream', 'transcripts', 'viewers'] as const satisfies readonly Scope[];
export type TokenScope = (typeof TOKEN_SCOPES)[number];

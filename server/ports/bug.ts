/**
 * Reports an error that no code expected: it is logged as the fault `server.bug` and counted. `text` says what it
 * ended; words, keys and file names never go into `fields`. Never throws.
 */
export type ReportBug = (error: unknown, text: string, fields?: Readonly<Record<string, unknown>>) => void;

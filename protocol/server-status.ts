/**
 * Messages of a server process to the program that forked it (`child_process.fork`): nothing has to be read from what it
 * prints.
 */
export type ServerStatus =
  /** A step of the start that may take minutes goes on; `text` is one line for people. */
  | { readonly kind: 'progress'; readonly text: string }
  /** The server accepts connections. */
  | { readonly kind: 'listening'; readonly url: string }
  /** The server did not start and ends; `problem` is for people and may have several lines. */
  | { readonly kind: 'failed'; readonly problem: string };

/** One sentence to clean. */
export interface CleanRequest {
  readonly text: string;
  /** ISO 639-1 code. */
  readonly language: string;
  /** The sentences before it, oldest first; context only, never part of the answer. */
  readonly context: readonly string[];
  /** The client's own instruction ("British spelling"), or empty. Never mixed with `text`. */
  readonly instruction: string;
}

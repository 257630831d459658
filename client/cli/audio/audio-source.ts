import type { AudioFormat } from '../../sdk/index.ts';

/** Audio to send to a server: its format and its bytes. */
export interface AudioSource {
  readonly format: AudioFormat;
  /** Length in ms, when it is known. */
  readonly durationMs: number | undefined;
  chunks(): AsyncIterable<Uint8Array>;
}

import { TARGET_RATE } from '../audio/resample.ts';
import type { AudioRecord } from './meeting-database.ts';

const FRAME_BYTES = 4;
/** Sound is stored in pieces of this length, samples: at most this much is lost when the tab crashes. */
const PIECE_SAMPLES = TARGET_RATE / 2;

export interface AudioStorage {
  writeAudio(record: AudioRecord): Promise<void>;
  dropAudio(meeting: string, beforeSample?: number): Promise<void>;
}

/** Stores sound that the server has not acknowledged in the browser, so that the page sends it first after a reload. */
export class PendingAudio {
  readonly #storage: AudioStorage;
  readonly #meeting: string;
  readonly #onError: (error: unknown) => void;
  #piece: Uint8Array[] = [];
  #from = 0;
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(shelf: AudioStorage, meeting: string, failed: (error: unknown) => void) {
    this.#storage = shelf;
    this.#meeting = meeting;
    this.#onError = failed;
  }

  /** Resolves when everything added so far is stored. */
  get written(): Promise<void> {
    return this.#writing;
  }

  add(fromSample: number, bytes: Uint8Array): void {
    // A piece holds consecutive samples; after a gap, a new one begins.
    if (this.#bytes > 0 && fromSample !== this.#from + this.#bytes / FRAME_BYTES) this.flush();
    if (this.#bytes === 0) this.#from = fromSample;
    this.#piece.push(bytes.slice());
    this.#bytes += bytes.length;
    if (this.#bytes >= PIECE_SAMPLES * FRAME_BYTES) this.flush();
  }

  flush(): void {
    if (this.#bytes === 0) return;
    const record = { meeting: this.#meeting, fromSample: this.#from, bytes: concatenate(this.#piece) };
    this.#piece = [];
    this.#bytes = 0;
    this.#enqueue(() => this.#storage.writeAudio(record));
  }

  /** The server has received the sound before this sample. */
  acknowledge(sample: number): void {
    // Pieces are deleted as a whole, once they certainly end before the sample.
    const before = sample - PIECE_SAMPLES * 2;
    if (before > 0) this.#enqueue(() => this.#storage.dropAudio(this.#meeting, before));
  }

  /** Replaces what is stored: the next session begins at sample 0 with this sound. With no sound, nothing stays stored. */
  restart(audio: readonly Uint8Array[]): void {
    this.#piece = [];
    this.#bytes = 0;
    this.#enqueue(() => this.#storage.dropAudio(this.#meeting));
    let at = 0;
    for (const bytes of audio) {
      this.add(at, bytes);
      at += bytes.length / FRAME_BYTES;
    }
    this.flush();
  }

  #enqueue(run: () => Promise<void>): void {
    this.#writing = this.#writing.then(run).catch(this.#onError);
  }
}

/** The last consecutive run of stored sound: after a gap, everything that follows would be at a wrong position. */
export function findLastRun(
  records: readonly AudioRecord[],
): { readonly fromSample: number; readonly bytes: Uint8Array } | undefined {
  let run: AudioRecord[] = [];
  for (const record of records) {
    const last = run.at(-1);
    if (last !== undefined && last.fromSample + last.bytes.length / FRAME_BYTES !== record.fromSample) run = [];
    run.push(record);
  }
  const [first] = run;
  return first && { fromSample: first.fromSample, bytes: concatenate(run.map(({ bytes }) => bytes)) };
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

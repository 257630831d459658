import { TARGET_RATE } from '../audio/resample.ts';
import type { AudioRecord } from './meeting-database.ts';

const FRAME_BYTES = 4;
/** Sound is written down in pieces of this length: what a crash of the tab may cost, samples. */
const PIECE = TARGET_RATE / 2;

export interface AudioStorage {
  writeAudio(record: AudioRecord): Promise<void>;
  dropAudio(meeting: string, beforeSample?: number): Promise<void>;
}

/** Sound the server has not acknowledged, in the browser's store: a page that is loaded anew sends it first. */
export class PendingAudio {
  readonly #shelf: AudioStorage;
  readonly #meeting: string;
  readonly #failed: (error: unknown) => void;
  #piece: Uint8Array[] = [];
  #from = 0;
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(shelf: AudioStorage, meeting: string, failed: (error: unknown) => void) {
    this.#shelf = shelf;
    this.#meeting = meeting;
    this.#failed = failed;
  }

  /** Resolves when everything given so far is written. */
  get written(): Promise<void> {
    return this.#writing;
  }

  take(fromSample: number, bytes: Uint8Array): void {
    // After a gap another piece begins: one piece is one run of samples.
    if (this.#bytes > 0 && fromSample !== this.#from + this.#bytes / FRAME_BYTES) this.flush();
    if (this.#bytes === 0) this.#from = fromSample;
    this.#piece.push(bytes.slice());
    this.#bytes += bytes.length;
    if (this.#bytes >= PIECE * FRAME_BYTES) this.flush();
  }

  flush(): void {
    if (this.#bytes === 0) return;
    const record = { meeting: this.#meeting, fromSample: this.#from, bytes: joined(this.#piece) };
    this.#piece = [];
    this.#bytes = 0;
    this.#queue(() => this.#shelf.writeAudio(record));
  }

  /** The server has the sound before this sample. */
  acknowledged(sample: number): void {
    // A piece goes as a whole, once its end is behind.
    const before = sample - PIECE * 2;
    if (before > 0) this.#queue(() => this.#shelf.dropAudio(this.#meeting, before));
  }

  /** Another session begins at sample 0 with this sound; with none, nothing is left to keep. */
  restart(audio: readonly Uint8Array[]): void {
    this.#piece = [];
    this.#bytes = 0;
    this.#queue(() => this.#shelf.dropAudio(this.#meeting));
    let at = 0;
    for (const bytes of audio) {
      this.take(at, bytes);
      at += bytes.length / FRAME_BYTES;
    }
    this.flush();
  }

  #queue(run: () => Promise<void>): void {
    this.#writing = this.#writing.then(run).catch(this.#failed);
  }
}

/** The last unbroken run of kept sound; a gap would put what follows at a wrong place. */
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
  return first && { fromSample: first.fromSample, bytes: joined(run.map(({ bytes }) => bytes)) };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

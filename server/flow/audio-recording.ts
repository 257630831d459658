import { type AudioFormat, BYTES_PER_SAMPLE } from '../../protocol/index.ts';
import { errorCode } from '../core/errors/error-code.ts';
import type { Log } from '../ports/log.ts';
import type { AudioOutcome, StoredPlace, TranscriptStore } from '../ports/transcripts.ts';

/** Audio that is stored at once, seconds: what is lost at most when the machine loses its power. */
const CHUNK_SECONDS = 2;
/** Chunks that wait for the store. Behind a disk that hangs, the audio that follows is left out, and is silence in the file. */
const PENDING_MAX = 8;

export interface AudioRecordingParts {
  readonly store: Pick<TranscriptStore, 'addAudio'>;
  readonly format: AudioFormat;
  readonly log: Log;
}

/**
 * Stores one session's audio beside its transcript as it comes. Nothing here ever throws into the session, or makes it wait: what
 * the store cannot take is left out.
 */
export class AudioRecording {
  readonly #place: StoredPlace;
  readonly #parts: AudioRecordingParts;
  readonly #frameBytes: number;
  readonly #chunkBytes: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Position of what is held, in samples of each channel at the client's rate. */
  #fromFrame = 0;
  #pending = 0;
  #isStopped = false;
  #isFailing = false;
  #report: (text: string) => void = () => {};

  constructor(place: StoredPlace, parts: AudioRecordingParts) {
    this.#place = place;
    this.#parts = parts;
    const { encoding, channels, sampleRate } = parts.format;
    this.#frameBytes = BYTES_PER_SAMPLE[encoding] * channels;
    this.#chunkBytes = CHUNK_SECONDS * sampleRate * this.#frameBytes;
  }

  /** `report` gets messages for the client, never in the middle of an `add`. */
  onProblem(report: (text: string) => void): void {
    this.#report = report;
  }

  /** Continues in a later process: `bytes` begin at this frame. What is stored already is not stored again. */
  restore(fromFrame: number, bytes: Uint8Array): void {
    this.#fromFrame = fromFrame;
    this.add(bytes.subarray(0, bytes.length - (bytes.length % this.#frameBytes)));
  }

  /** Whole samples. */
  add(bytes: Uint8Array): void {
    if (this.#isStopped || bytes.length === 0) return;
    this.#held.push(bytes.slice());
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= this.#chunkBytes) this.#store(false);
  }

  /** No more audio comes in this process. */
  end(): void {
    if (this.#isStopped) return;
    this.#store(true);
    this.#isStopped = true;
  }

  #store(isLast: boolean): void {
    const bytes = Buffer.concat(this.#held);
    const fromFrame = this.#fromFrame;
    this.#held = [];
    this.#heldBytes = 0;
    this.#fromFrame += bytes.length / this.#frameBytes;
    if (this.#pending >= PENDING_MAX) return;
    this.#pending++;
    const { store, format } = this.#parts;
    store.addAudio(this.#place, { format, fromFrame, bytes, isLast }).then(
      (outcome) => this.#onOutcome(outcome),
      (error) => this.#onFailure(error),
    );
  }

  #onOutcome(outcome: AudioOutcome): void {
    this.#pending--;
    this.#isFailing = false;
    if (outcome === 'done') return;
    if (outcome === 'space') this.#stop('the stored transcripts have reached their bound');
    if (outcome === 'unavailable') this.#stop('audio cannot be encoded on this server');
    // The session is told by the recording of its text.
    if (outcome === 'unknown') this.#isStopped = true;
  }

  #stop(why: string): void {
    if (!this.#isStopped) this.#report(`${why}; no more audio of this session is kept`);
    this.#isStopped = true;
    this.#held = [];
  }

  #onFailure(error: unknown): void {
    this.#pending--;
    if (this.#isFailing) return;
    this.#isFailing = true;
    const { transcript } = this.#place;
    this.#parts.log.error(
      { transcript, code: errorCode(error) },
      'audio of a session cannot be written and is left out',
    );
  }
}

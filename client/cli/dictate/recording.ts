import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { AudioFormat, Encoding } from '../../sdk/index.ts';

const BYTES: Readonly<Record<Encoding, number>> = { pcm_s16le: 2, pcm_f32le: 4, mulaw: 1, alaw: 1 };
const TAGS: Readonly<Record<Encoding, number>> = { pcm_s16le: 1, pcm_f32le: 3, mulaw: 7, alaw: 6 };
/** Largest recording, bytes: about an hour at 16 kHz. Later audio is not saved. */
const RECORDING_BYTES_MAX = 120_000_000;

/**
 * The audio of the current dictation, as a WAV file that only its owner can read. It is deleted when all of its sentences have
 * arrived; after a crash, the missing ones are transcribed from it.
 */
export class Recording {
  readonly path: string;
  #file: number;
  #left = RECORDING_BYTES_MAX;

  constructor(folder: string, dictation: string, format: AudioFormat) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.path = join(folder, `${dictation}.wav`);
    this.#file = openSync(this.path, 'wx', 0o600);
    writeSync(this.#file, header(format));
  }

  write(chunk: Uint8Array): void {
    if (this.#file === -1 || chunk.length > this.#left) return;
    this.#left -= chunk.length;
    try {
      writeSync(this.#file, chunk);
    } catch {
      // A full disk is no reason to stop the dictation.
      this.#left = 0;
    }
  }

  /** `done` deletes the file; `kept` leaves it, to be transcribed at the next start. */
  close(outcome: 'done' | 'kept'): void {
    if (this.#file === -1) return;
    closeSync(this.#file);
    this.#file = -1;
    if (outcome === 'done') rmSync(this.path, { force: true });
  }
}

/** Recordings that a crashed instance left behind, oldest first. */
export function findLeftoverRecordings(folder: string): { readonly dictation: string; readonly path: string }[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.wav'))
      .sort()
      .map((name) => ({ dictation: name.slice(0, -4), path: join(folder, name) }));
  } catch {
    return [];
  }
}

/** Header of a WAV of unknown length: readers take all that follows. */
function header({ encoding, sampleRate, channels }: AudioFormat): Buffer {
  const bytes = Buffer.alloc(44);
  const frame = channels * BYTES[encoding];
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(0xffffffff, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(TAGS[encoding], 20);
  bytes.writeUInt16LE(channels, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * frame, 28);
  bytes.writeUInt16LE(frame, 32);
  bytes.writeUInt16LE(BYTES[encoding] * 8, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(0xffffffff, 40);
  return bytes;
}

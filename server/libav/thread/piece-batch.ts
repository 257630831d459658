import type { DecodedPiece } from '../reader.ts';

/** Samples of each channel that are answered together: half a second at 48 kHz. Frames of some codecs hold 20 ms. */
const BATCH_SAMPLES = 24_000;

/** Joins the small pieces of codecs to larger ones, as long as the number of channels stays. */
export class PieceBatch {
  #pieces: DecodedPiece[] = [];
  #samples = 0;
  /** Samples of each channel so far. */
  total = 0;

  get isFull(): boolean {
    return this.#samples >= BATCH_SAMPLES;
  }

  add(piece: DecodedPiece): void {
    this.#pieces.push(piece);
    this.#samples += piece.planes[0]?.length ?? 0;
    this.total += piece.planes[0]?.length ?? 0;
  }

  /** What has been added, with as many channels as the piece with most of them; undefined when there is none. */
  take(): DecodedPiece | undefined {
    const [first] = this.#pieces;
    if (first === undefined) return undefined;
    const channels = Math.max(...this.#pieces.map(({ planes }) => planes.length));
    const planes = Array.from({ length: channels }, (_, channel) => {
      const joined = new Float32Array(this.#samples);
      let at = 0;
      for (const { planes } of this.#pieces) {
        // Where there are fewer channels, the last one stands for the missing.
        joined.set(planes[Math.min(channel, planes.length - 1)]!, at);
        at += planes[0]!.length;
      }
      return joined;
    });
    this.#pieces = [];
    this.#samples = 0;
    return { planes, sampleRate: first.sampleRate };
  }
}

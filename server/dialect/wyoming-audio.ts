import { describeValue, Fault } from '../../protocol/index.ts';

/** The format of one stream's audio. */
export interface WyomingFormat {
  readonly rate: number;
  /** Bytes per sample. */
  readonly width: number;
  readonly channels: number;
}

/** Throws `command.option` for audio a session cannot take. */
export function parseWyomingFormat(data: Readonly<Record<string, unknown>>): WyomingFormat {
  const { rate = 16_000, width = 2, channels = 1 } = data;
  const readWithin = (name: string, value: unknown, [min, max]: readonly [number, number]): number => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw new Fault('command.option', { name, got: describeValue(value), want: `${min} to ${max}` });
  };
  return {
    rate: readWithin('rate', rate, [8_000, 48_000]),
    width: readWithin('width', width, [2, 4]),
    channels: readWithin('channels', channels, [1, 8]),
  };
}

/** Narrows samples of 2, 3 or 4 bytes to their upper 2 bytes. A sample may be split across two chunks. */
export class SampleNarrower {
  readonly #width: number;
  #partialSample: Uint8Array = new Uint8Array(0);

  constructor(width: number) {
    this.#width = width;
  }

  push(bytes: Uint8Array): Uint8Array {
    if (this.#width === 2) return bytes;
    const joined = Buffer.concat([this.#partialSample, bytes]);
    const samples = Math.floor(joined.length / this.#width);
    this.#partialSample = joined.subarray(samples * this.#width);
    const narrow = new Uint8Array(samples * 2);
    for (let i = 0; i < samples; i++) {
      const top = (i + 1) * this.#width;
      narrow[2 * i] = joined[top - 2]!;
      narrow[2 * i + 1] = joined[top - 1]!;
    }
    return narrow;
  }
}

import { describeValue, Fault } from '../../protocol/index.ts';

/** How the audio of one stream is to be read. */
export interface WyomingFormat {
  readonly rate: number;
  /** Bytes of a sample. */
  readonly width: number;
  readonly channels: number;
}

/** Throws `command.option` for audio a session cannot take. */
export function parseWyomingFormat(data: Readonly<Record<string, unknown>>): WyomingFormat {
  const { rate = 16_000, width = 2, channels = 1 } = data;
  const within = (name: string, value: unknown, [least, most]: readonly [number, number]): number => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
    throw new Fault('command.option', { name, got: describeValue(value), want: `${least} to ${most}` });
  };
  return {
    rate: within('rate', rate, [8_000, 48_000]),
    width: within('width', width, [2, 4]),
    channels: within('channels', channels, [1, 8]),
  };
}

/** Samples of 2, 3 or 4 bytes → 2 bytes: the upper ones. A sample may be torn between two chunks. */
export class SampleNarrower {
  readonly #width: number;
  #torn: Uint8Array = new Uint8Array(0);

  constructor(width: number) {
    this.#width = width;
  }

  push(bytes: Uint8Array): Uint8Array {
    if (this.#width === 2) return bytes;
    const all = Buffer.concat([this.#torn, bytes]);
    const samples = Math.floor(all.length / this.#width);
    this.#torn = all.subarray(samples * this.#width);
    const narrow = new Uint8Array(samples * 2);
    for (let i = 0; i < samples; i++) {
      const top = (i + 1) * this.#width;
      narrow[2 * i] = all[top - 2]!;
      narrow[2 * i + 1] = all[top - 1]!;
    }
    return narrow;
  }
}

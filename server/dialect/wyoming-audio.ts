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

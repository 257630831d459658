import type { NativeDecode, NativeDecodeOptions, NativeModel } from '../../server/engine/native/binding.ts';

export type Decode = (
  samples: Float32Array,
  windowFloor: number,
  changes?: Partial<NativeDecodeOptions>,
) => Promise<NativeDecode>;

const SETTLED_MS = 1_000;

/** English, one thread, greedy, with word times: what a worker asks for. */
export function decoderOf(model: NativeModel): Decode {
  return (samples, windowFloor, changes = {}) =>
    model.decode({
      samples,
      language: 'en',
      languages: [],
      task: 'transcribe',
      prompt: '',
      prefix: '',
      windowFloor,
      threads: 1,
      wordTimes: true,
      ...changes,
    });
}

/** The words that ended a second or more before the end of the audio. */
export function settledText(decode: NativeDecode, samples: number): string {
  return decode.words
    .filter(({ toMs }) => toMs <= samples / 16 - SETTLED_MS)
    .map(({ text, space }) => (space ? ` ${text}` : text))
    .join('')
    .trimStart();
}

export const float = (samples: Int16Array): Float32Array => Float32Array.from(samples, (value) => value / 32_768);

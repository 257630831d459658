import { getModelPath } from '../../models/locate.ts';
import { findModel } from '../../models/registry.ts';
import { findQuietestOffset } from '../../server/core/sentence/cut.ts';
import { NativeModel } from '../../server/engine/native/binding.ts';
import { type Recording, readSamples } from '../support/recordings.ts';
import { countOfflineErrors, type OfflineErrors } from '../support/wer.ts';

/** The same model on the whole file: full windows, cut at the quietest place where it is longer than 28 s. */
export async function offlineErrors(
  name: string,
  recordings: readonly Recording[],
): Promise<Map<string, OfflineErrors>> {
  const model = NativeModel.load(getModelPath(findModel(name)!));
  const errors = new Map<string, OfflineErrors>();
  for (const recording of recordings.filter(({ language }) => language !== 'zxx')) {
    const samples = Float32Array.from(readSamples(recording.path), (value) => value / 32_768);
    const texts: string[] = [];
    for (let from = 0; from < samples.length; ) {
      const rest = samples.length - from;
      const length =
        rest <= 28 * 16_000
          ? rest
          : 20 * 16_000 + findQuietestOffset(samples.subarray(from + 20 * 16_000, from + 28 * 16_000));
      const part = samples.slice(from, from + length);
      const decode = {
        language: recording.language,
        languages: [],
        task: 'transcribe',
        prompt: '',
        prefix: '',
        windowFloor: 1_500,
        threads: 2,
        wordTimes: true,
      } as const;
      texts.push(
        (await model.decode({ samples: part, ...decode })).words
          .map(({ text, space }) => (space ? ` ${text}` : text))
          .join(''),
      );
      from += length;
    }
    errors.set(recording.file, countOfflineErrors(recording.text, texts.join(' '), recording.language));
  }
  model.close();
  return errors;
}

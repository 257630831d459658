// Whether taking noise out helps the VAD or the recogniser. The network is not part of the project: --network is its file.
import { fileURLToPath } from 'node:url';
import { PIPELINE } from '../../../server/core/session/settings.ts';
import { FULL_WINDOW } from '../../../server/engine/native/defaults.ts';
import { type Recording, readRecordings, readSamples } from '../../support/recordings.ts';
import { wordErrorRate } from '../../support/wer.ts';
import { toHeard } from '../feed.ts';
import { Gtcrn } from '../gtcrn.ts';
import { extractNoises, mixNoise } from '../noise-mix.ts';
import { computeProbabilities, decoderOf, decodeWhole, openBenchVad } from '../replay-parts.ts';
import { machine, readArgs, table } from '../report.ts';
import { measureVad, type TimeSpan, type VadMeasures } from '../vad-measures.ts';

type Decode = ReturnType<typeof decoderOf>;

interface Result {
  readonly decibels: number;
  readonly words: number;
  readonly errors: { readonly noisy: number; readonly clean: number };
  readonly vad: { readonly noisy: VadMeasures; readonly clean: VadMeasures };
}

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    network: '',
    model: 'tiny.en',
    languages: 'en',
    // Longer ones are left out, seconds.
    longest: '12',
    count: '40',
    noise: '0,5,10,15',
    cache: '/tmp/sotto-replay',
  });
  const recordings = options['data']!.split(',').flatMap(readRecordings);
  const spoken = recordings.filter(
    ({ kind, language, seconds }) =>
      kind === 'read' && options['languages']!.split(',').includes(language) && seconds <= Number(options['longest']),
  );
  const noises = extractNoises(recordings);
  const levels = options['noise']!.split(',').map(Number);
  const network = await Gtcrn.load(options['network']!);
  const decode = decoderOf(options['model']!, options['cache']!);
  const vad = await openBenchVad('silero');
  const results: Result[] = [];
  for (let i = 0; i < Number(options['count']); i++) {
    const recording = spoken[i % spoken.length]!;
    const decibels = levels[i % levels.length]!;
    const noise = noises[(i * 5) % noises.length]!;
    const noisy = toHeard(mixNoise(readSamples(recording.path), noise, decibels));
    const clean = await network.enhance(noisy);
    const words = await findWords(recording, decode);
    const judge = async (samples: Float32Array): Promise<VadMeasures> =>
      measureVad({ samples, probabilities: await computeProbabilities(vad, samples), words }, PIPELINE.vad);
    results.push({
      decibels,
      words: wordErrorRate(recording.text, '', recording.language).words,
      errors: {
        noisy: await countErrors(recording, noisy, decode),
        clean: await countErrors(recording, clean, decode),
      },
      vad: { noisy: await judge(noisy), clean: await judge(clean) },
    });
    console.error(`${i + 1} ${recording.file} ${noise.name} ${decibels} dB ${JSON.stringify(results.at(-1)!.errors)}`);
    if ((i + 1) % 8 === 0) console.error(report(results, levels));
  }
  console.log(`${machine()}; ${(network.microseconds / network.frames).toFixed(0)} µs a frame of 16 ms`);
  console.log(report(results, levels));
}

async function findWords(recording: Recording, decode: Decode): Promise<readonly TimeSpan[]> {
  if (recording.words.length > 0) return recording.words;
  const words = await decodeWhole(recording, decode);
  return words.map(({ from, to }) => ({ start: from / 16_000, end: to / 16_000 }));
}

async function countErrors({ text, language }: Recording, samples: Float32Array, decode: Decode): Promise<number> {
  const span = {
    ...{ kind: 'final', channel: 0, fromSample: 0, samples, language, languages: [] },
    ...{ task: 'transcribe', prompt: '', prefix: '' },
  };
  const { words } = await decode(span as never, FULL_WINDOW);
  const heard = words.map((word) => (word.space ? ` ${word.text}` : word.text)).join('');
  return wordErrorRate(text, heard, language).errors;
}

function report(results: readonly Result[], levels: readonly number[]): string {
  const rows = [...levels.map((each) => [each]), levels].map((wanted) => {
    const some = results.filter(({ decibels }) => wanted.includes(decibels));
    const sum = (pick: (each: Result) => number): number => some.reduce((so, each) => so + pick(each), 0);
    const rate = (errors: number): number => (errors / sum(({ words }) => words)) * 100;
    return [
      wanted.length > 1 ? 'all' : `${wanted[0]} dB`,
      String(some.length),
      String(sum(({ words }) => words)),
      rate(sum(({ errors }) => errors.noisy)),
      rate(sum(({ errors }) => errors.clean)),
      `${sum(({ vad }) => vad.noisy.missedWords)} of ${sum(({ vad }) => vad.noisy.words)}`,
      String(sum(({ vad }) => vad.clean.missedWords)),
      sum(({ vad }) => vad.noisy.falseS),
      sum(({ vad }) => vad.clean.falseS),
    ];
  });
  const head = ['', 'recordings', 'words', 'WER % as it is', 'without noise', 'VAD misses', 'without noise'];
  return table([[...head, 'VAD false s', 'without noise'], ...rows]);
}

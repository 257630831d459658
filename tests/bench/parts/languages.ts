// Speakers who change language: recordings of several languages joined, through the pure session under a simulated clock, with
// real decodes (kept in --cache). Counts what became final in another language than was spoken.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PIPELINE } from '../../../server/core/session/settings.ts';
import { readRecordings } from '../../support/recordings.ts';
import { wordErrorRate } from '../../support/wer.ts';
import { assignFinals, type FinalInPart, type JoinedRecording, joinLanguages } from '../language-joins.ts';
import { decoderOf, voicesOf } from '../replay-parts.ts';
import { replayRecordings } from '../replay-recordings.ts';
import { machine, readArgs, table } from '../report.ts';

/** `--allowed listed` gives each session the languages of its recording; the default, `all`, gives it none. */
export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    model: 'base',
    allowed: 'all',
    // Recordings that are played as they are, each in its own language: what they lose by a speaker who may change it.
    single: 'no',
    only: '',
    cache: '/tmp/sotto-replay',
    cost: '0.0004',
    // `text` prints each final with its language.
    verbose: '',
  });
  const recordings = options['data']!.split(',').flatMap(readRecordings);
  const joined =
    options['single'] === 'yes'
      ? recordings.filter(({ language }) => language !== 'zxx' && language !== 'en').map(asOnePart)
      : joinLanguages(recordings, join(tmpdir(), 'sotto-language-joins'));
  const decode = decoderOf(options['model']!, options['cache']!);
  const rows: (string | number)[][] = [
    ['recording', 'seconds', 'finals', 'wrong language', 'words in it', 'WER %', 'decodes/s', 'busy/s'],
  ];
  const total = { seconds: 0, finals: 0, wrong: 0, wrongWords: 0, errors: 0, words: 0, decodes: 0, busyS: 0 };
  for (const each of joined.filter(({ recording }) => recording.file.includes(options['only']!))) {
    const { recording, parts } = each;
    const allowed = options['allowed'] === 'listed' ? [...new Set(parts.map(({ language }) => language))] : [];
    const { replayed, statistics } = await replayRecordings([recording], {
      ...{ decode, voices: await voicesOf([recording]), pipeline: PIPELINE, machine: '', streams: 1 },
      floors: { partial: 0, final: 512 },
      secondsPerFrame: Number(options['cost']),
      settings: { language: 'auto', languages: allowed },
    });
    const finals = assignFinals(replayed[0]!.arrivals, parts);
    const wrong = finals.filter(({ language, part }) => language !== part.language);
    if (options['verbose'] !== '')
      for (const { language, part, text } of finals)
        console.log(`${recording.file} ${part.language} ${language}: ${text}`);
    const counts = {
      seconds: recording.seconds,
      finals: finals.length,
      wrong: wrong.length,
      wrongWords: wrong.reduce((sum, { words }) => sum + words, 0),
      ...countErrors(each, finals),
      ...statistics,
    };
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += counts[key];
    rows.push(rowOf(recording.file, counts));
    console.error(rows.at(-1)!.join('  '));
  }
  rows.push(rowOf('all', total));
  console.log(`${machine()}, ${options['model']}, allowed languages: ${options['allowed']}`);
  console.log(table(rows));
}

function rowOf(
  name: string,
  { seconds, finals, wrong, wrongWords, errors, words, decodes, busyS }: Readonly<Record<string, number>>,
): (string | number)[] {
  const rate = (100 * errors!) / words!;
  return [name, seconds!, `${finals}`, `${wrong}`, `${wrongWords}`, rate, decodes! / seconds!, busyS! / seconds!];
}

function asOnePart(recording: JoinedRecording['recording']): JoinedRecording {
  const { language, text, seconds } = recording;
  return { recording, parts: [{ language, text, fromMs: 0, toMs: seconds * 1_000 }] };
}

/** Word errors of each part in its own language, together. */
function countErrors({ parts }: JoinedRecording, finals: readonly FinalInPart[]): { errors: number; words: number } {
  const counts = parts.map((part) => {
    const inPart = finals.filter((final) => final.part === part);
    return wordErrorRate(part.text, inPart.map(({ text }) => text).join(' '), part.language);
  });
  return {
    errors: counts.reduce((sum, { errors }) => sum + errors, 0),
    words: counts.reduce((sum, { words }) => sum + words, 0),
  };
}

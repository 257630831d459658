// How much vocabulary hints raise the recall of names (share of spoken names that are in the text), and what they cost elsewhere (WER).
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { connect } from '../../../client/sdk/index.ts';
import { units } from '../../support/comparable-words.ts';
import { type Recording, readRecordings } from '../../support/recordings.ts';
import { converse, finalsOf } from '../../support/scripted-server.ts';
import { wordErrorRate } from '../../support/wer.ts';
import { type BenchServer, samplesOf, startBenchServer } from '../feed.ts';
import { machine, readArgs, table } from '../report.ts';

/** Names in recordings that a recogniser cannot know, or seldom writes so. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'ami_ES2011a_40-46.wav': ['Abigail', 'Claflin', 'Abbie'],
  'ami_ES2003a_0-30.wav': ['Duguid', 'Ebenezer', 'Ademesoye'],
  'ls_3005-163389-0000.wav': ['Sherburn'],
  'ls_3005-163389-0003.wav': ['Sherburn'],
  'ls_2414-128291-0002.wav': ['Zarathustra'],
  'ls_1272-128104-0000.wav': ['Quilter'],
  'ls_1688-142285-0001.wav': ['Hale', 'Thornton'],
  'ps_0870_sense.wav': ['Dashwood'],
  'fleurs_en_002.wav': ['Sintra', 'Byron'],
  'vctk_p287_001_noisy.wav': ['Stella'],
};

interface Outcome {
  readonly found: number;
  readonly names: number;
  readonly errors: number;
  readonly words: number;
  readonly missed: readonly string[];
}

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    models: 'tiny.en,base',
    others: '20',
    set: '',
  });
  const recordings = options['data']!.split(',')
    .flatMap(readRecordings)
    .filter(({ language, seconds }) => language === 'en' && seconds <= 31)
    .filter(({ file }, i, all) => all.findIndex((other) => other.file === file) === i);
  const named = recordings.filter(({ file }) => file in NAMES);
  const others = recordings.filter(({ file }) => !(file in NAMES)).slice(0, Number(options['others']));
  const hints = [...new Set(named.flatMap(({ file }) => NAMES[file]!))];
  const set = options['set']!.split(/[;\s]+/).filter(Boolean);
  console.log(`${machine()}; ${set.join(' ')} finals only, not paced`);
  console.log(`${named.length} recordings with names, ${others.length} without; hints: ${hints.join(', ')}`);
  const rows: (string | number)[][] = [['model', 'hints', 'names found', 'recall %', 'their WER %', 'other WER %']];
  for (const model of options['models']!.split(',')) {
    const server = await startBenchServer(['--model', model, '--cleanup', 'off', ...set]);
    try {
      for (const [label, vocabulary] of [
        ['none', []],
        ['all', hints],
      ] as const) {
        const withNames = await hear(server, named, vocabulary);
        const rest = await hear(server, others, vocabulary);
        rows.push([
          model,
          label,
          `${withNames.found} of ${withNames.names}`,
          (withNames.found / withNames.names) * 100,
          (withNames.errors / withNames.words) * 100,
          (rest.errors / rest.words) * 100,
        ]);
        console.log(`${model}, hints ${label}: missed ${withNames.missed.join(', ') || 'none'}`);
      }
    } finally {
      await server.stop();
    }
  }
  console.log(`\n${table(rows)}`);
}

/** Every recording in a session of its own with the same hints. */
async function hear(
  server: BenchServer,
  recordings: readonly Recording[],
  vocabulary: readonly string[],
): Promise<Outcome> {
  let [found, names, errors, words] = [0, 0, 0, 0];
  const missed: string[] = [];
  for (const recording of recordings) {
    const session = await connect({
      url: server.url,
      WebSocket: WebSocket as never,
      language: 'en',
      vocabulary: [...vocabulary],
      partials: { mode: 'off' },
    });
    const events = await converse(session, samplesOf(recording));
    const text = finalsOf(events).join(' ');
    const decoded = units(text, 'en', false);
    for (const name of NAMES[recording.file] ?? []) {
      names++;
      // A name in the genitive is found all the same.
      if (decoded.some((word) => word.replace(/s$/, '') === name.toLowerCase().replace(/s$/, ''))) found++;
      else missed.push(name);
    }
    const count = wordErrorRate(recording.text, text, 'en');
    errors += count.errors;
    words += count.words;
  }
  return { found, names, errors, words, missed };
}

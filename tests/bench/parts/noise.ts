// What is made up on sounds without words. Fed faster than real time unless --pace 1: counts, not delays.
import { fileURLToPath } from 'node:url';
import { readRecordings, readSamples } from '../../support/recordings.ts';
import { feed, startBenchServer } from '../feed.ts';
import { measure } from '../measures.ts';
import { cpuSeconds, machine, readArgs, reportFailures, table } from '../report.ts';
import { loop, SOUNDS } from '../sounds.ts';

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    models: 'tiny.en,base',
    minutes: '1',
    pace: '4',
    sounds: '',
    set: '',
  });
  const minutes = Number(options['minutes']);
  const pace = Number(options['pace']);
  const samples = Math.round(minutes * 60 * 16_000);
  const sounds: [string, () => Int16Array][] = Object.entries(SOUNDS).map(([name, make]) => [
    name,
    () => make(samples),
  ]);
  for (const { file, path, language } of options['data']!.split(',').flatMap(readRecordings))
    if (language === 'zxx') sounds.push([`${file}, looped`, () => loop(readSamples(path), samples)]);
  const wanted = options['sounds']!.split(',').filter(Boolean);
  const chosen = sounds.filter(([name]) => wanted.length === 0 || wanted.some((each) => name.startsWith(each)));
  console.log(
    `${machine()}; ${minutes} min of each sound${minutes < 10 ? ' (the full run is --minutes 10)' : ''}, fed at ${pace} x real time`,
  );
  const failures: string[] = [];
  for (const model of options['models']!.split(',')) {
    const rows: (string | number)[][] = [
      ['sound', 'invented/h', 'words', 'shown in partials/h', 'suppressed', 'repeats', 'CPU s/min', 'what'],
    ];
    const server = await startBenchServer(['--model', model, ...options['set']!.split(/[;\s]+/).filter(Boolean)]);
    try {
      for (const [name, make] of chosen) {
        const before = cpuSeconds(server.pid);
        const arrivals = await feed(server.url, make(), { language: model.endsWith('.en') ? 'en' : 'auto', pace });
        const recording = {
          file: name,
          path: '',
          kind: 'noise',
          language: 'zxx',
          text: '',
          seconds: minutes * 60,
          words: [],
        };
        const got = measure(recording, arrivals);
        if (got.shownWords > 0) failures.push(`${model} made up words on ${name}: ${got.text}`);
        rows.push([
          name,
          (got.shownWords * 60) / minutes,
          String(got.shownWords),
          (got.partialWords * 60) / minutes,
          String(got.suppressed),
          String(got.repeated),
          (cpuSeconds(server.pid) - before) / minutes,
          got.text.slice(0, 40),
        ]);
      }
    } finally {
      await server.stop();
    }
    console.log(`\n${[model, options['set']].filter(Boolean).join(' ')}\n${table(rows)}`);
  }
  reportFailures(failures);
}

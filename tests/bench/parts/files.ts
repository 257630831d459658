// How right and how fast a recording becomes text that is uploaded whole, against the same model on the whole file.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Recording, readRecordings } from '../../support/recordings.ts';
import { wordErrorRate } from '../../support/wer.ts';
import { startBenchServer } from '../feed.ts';
import { offlineErrors } from '../offline-errors.ts';
import { cpuSeconds, machine, readArgs, table } from '../report.ts';

interface Uploaded {
  readonly recording: Recording;
  readonly text: string;
  readonly errors: number;
  readonly words: number;
  readonly seconds: number;
}

/** `--models a,b`, `--set "--option value;--option value"` for the server. */
export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    models: 'tiny.en,base',
    languages: 'en',
    set: '',
    offline: 'yes',
    verbose: '',
  });
  const languages = options['languages']!.split(',');
  const recordings = options['data']!.split(',')
    .flatMap(readRecordings)
    .filter(({ language }) => languages.includes(language));
  const audio = recordings.reduce((sum, { seconds }) => sum + seconds, 0);
  console.log(`${machine()}; ${recordings.length} recordings, ${Math.round(audio)} s, uploaded one after the other`);
  for (const model of options['models']!.split(',')) {
    const server = await startBenchServer(['--model', model, ...options['set']!.split(/[;\s]+/).filter(Boolean)]);
    try {
      // A decoding process is started, and the model read, before anything is measured.
      await upload(server.url, recordings[0]!);
      const before = cpuSeconds(server.pid);
      const uploaded: Uploaded[] = [];
      for (const recording of recordings) uploaded.push(await upload(server.url, recording));
      const cpu = (cpuSeconds(server.pid) - before) / audio;
      const offline = options['offline'] === 'yes' ? await offlineErrors(model, recordings) : undefined;
      if (options['verbose'] !== '')
        for (const { recording, text, errors, words } of uploaded)
          console.log(`${recording.file} ${errors}/${words} (${offline?.get(recording.file)?.errors}): ${text}`);
      console.log(`\n${model}: ${cpu.toFixed(3)} CPU seconds a second of audio\n${report(uploaded, offline)}`);
    } finally {
      await server.stop();
    }
  }
}

async function upload(url: string, recording: Recording): Promise<Uploaded> {
  const form = new FormData();
  form.set('file', new Blob([readFileSync(recording.path)]), 'recording.wav');
  form.set('language', recording.language);
  const began = performance.now();
  const response = await fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body: form });
  const { text } = (await response.json()) as { text: string };
  const seconds = (performance.now() - began) / 1_000;
  const { errors, words } = wordErrorRate(recording.text, text, recording.language);
  return { recording, text, errors, words, seconds };
}

function report(uploaded: readonly Uploaded[], offline: Awaited<ReturnType<typeof offlineErrors>> | undefined): string {
  const groups = new Map<string, Uploaded[]>();
  for (const each of uploaded)
    for (const name of [each.recording.kind, 'all']) groups.set(name, [...(groups.get(name) ?? []), each]);
  const rows = [...groups].map(([name, some]) => {
    const sum = (count: (each: Uploaded) => number): number => some.reduce((total, each) => total + count(each), 0);
    const words = sum((each) => each.words);
    const wer = (errors: number): string => ((100 * errors) / words).toFixed(2);
    const whole = offline === undefined ? '' : wer(sum(({ recording }) => offline.get(recording.file)?.errors ?? 0));
    const speed = sum(({ recording }) => recording.seconds) / sum(({ seconds }) => seconds);
    return [name, some.length, words, wer(sum(({ errors }) => errors)), whole, `${speed.toFixed(1)}`];
  });
  return table([['', 'recordings', 'words', 'WER %', 'offline %', 'times real time'], ...rows]);
}

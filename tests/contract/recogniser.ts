import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { DecodeJob, Recogniser } from '../../server/ports/recogniser.ts';
import { readRecordings, readSamples } from '../support/recordings.ts';
import { wordErrorRate } from '../support/wer.ts';

const recordings = readRecordings(fileURLToPath(new URL('../fixtures/speech', import.meta.url)));

export function jobOf(id: number, file: string, change: Partial<DecodeJob> = {}): DecodeJob {
  const { path } = recordings.find((recording) => recording.file === file)!;
  const samples = Float32Array.from(readSamples(path), (value) => value / 32_768);
  return {
    id,
    kind: 'final',
    samples,
    fromSample: 160_000,
    language: 'en',
    languages: [],
    task: 'transcribe',
    prompt: '',
    prefix: '',
    ...change,
  };
}

export const spokenIn = (file: string): string => recordings.find((recording) => recording.file === file)!.text;

/**
 * The promises every engine makes. `files` are decoded for their words, and `sideBySide` jobs are asked for at once; slow
 * engines get fewer.
 */
export function recogniserContract(
  name: string,
  open: () => Recogniser,
  files: readonly string[],
  sideBySide: number,
): void {
  t.test(`recogniser: ${name}`, async (t) => {
    const recogniser = open();
    t.teardown(() => recogniser.close());
    const info = await recogniser.ready();
    t.ok(info.realTimeFactor > 0);

    for (const [i, file] of files.entries()) {
      const job = jobOf(i + 1, file);
      const answer = await recogniser.decode(job);
      t.equal(answer.job, job.id, 'an answer carries its job');
      if (answer.kind !== 'hypothesis') throw new Error(answer.text);
      const { words } = answer.hypothesis;
      const text = words.map((word) => word.text).join(' ');
      const { errors, words: spokenWords } = wordErrorRate(spokenIn(file), text, 'en');
      t.ok(errors <= spokenWords * 0.2, `${file}: ${text}`);
      const end = job.fromSample + job.samples.length;
      t.ok(
        words.every(({ from, to }) => from >= job.fromSample && to <= end && from <= to),
        'word times lie inside the span',
      );
      t.ok(
        words.every(({ from }, at) => at === 0 || from >= words[at - 1]!.from),
        'and ascend',
      );
    }

    const silence = { ...jobOf(90, files[0]!), samples: new Float32Array(16_000) };
    const speech = Array.from({ length: sideBySide - 1 }, (_, i) => jobOf(91 + i, files[0]!));
    const jobs = [silence, ...speech.map((job) => ({ ...job, samples: job.samples.slice(0, 24_000) }))];
    const answers = await Promise.all(jobs.map((job) => recogniser.decode(job)));
    t.same(
      answers.map(({ job }) => job),
      jobs.map(({ id }) => id),
      'jobs side by side are each answered',
    );
    t.equal(answers[0]!.kind, 'hypothesis', 'silence is no crash');
    await recogniser.close();
    t.equal((await recogniser.decode(jobOf(99, files[0]!))).kind, 'failed', 'a closed one still answers');
  });
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { WebSocket } from 'ws';
import { connect, type StoredTranscript, Transcripts } from '../../client/sdk/index.ts';
import { readRecordings, readSamples } from '../support/recordings.ts';
import { converse } from '../support/scripted-server.ts';
import { openServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { wordErrorRate } from '../support/wer.ts';

const SPEECH = fileURLToPath(new URL('../../tests/fixtures/speech', import.meta.url));
const recording = readRecordings(SPEECH).find(({ file }) => file === 'long_2_dictation_fillers.wav')!;

const countErrors = ({ sentences }: StoredTranscript, form: 'text' | 'revised'): number => {
  const heard = sentences.map((each) => (form === 'revised' ? (each.revised ?? each.text) : each.text)).join(' ');
  return wordErrorRate(recording.text, heard, 'en').errors;
};

t.test('kept speech is heard better later, also with a model that is loaded for that', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-rehear-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const options = ['--small-model', 'none', '--cleanup', 'rules', '--keep-audio', '--data', folder];
  const server = await openServer('--model', 'tiny.en', ...options);
  t.teardown(() => server.close());
  const { url } = server;
  const session = await connect({
    url,
    WebSocket: WebSocket as never,
    language: 'en',
    revise: false,
    keep: { audio: true },
  });
  await converse(session, readSamples(recording.path));
  const id = session.ready.transcript!;
  const kept = new Transcripts({ url });
  const before = await kept.read(id);
  const first = countErrors(before, 'text');
  t.ok(before.sentences.every(({ revised }) => revised === undefined));

  for (const model of [undefined, 'base']) {
    await kept.startRehear(id, { model });
    await until(async () => (await kept.readRehear(id))?.state === 'done', { what: `it is heard with ${model}` });
    const after = await kept.read(id);
    t.same(
      after.sentences.map(({ text, fromMs, toMs }) => ({ text, fromMs, toMs })),
      before.sentences.map(({ text, fromMs, toMs }) => ({ text, fromMs, toMs })),
      'what was first heard stays',
    );
    const job = await kept.readRehear(id);
    t.match(job, {
      model: model ?? 'tiny.en',
      revised: after.sentences.filter(({ revised }) => revised !== undefined).length,
    });
    const errors = countErrors(after, 'revised');
    t.comment(`${job!.model}: ${errors} errors, ${first} at first, ${job!.revised} sentences revised`);
    t.ok(errors <= first, `${errors} errors, ${first} at first`);
  }

  for (const [model, text] of [
    ['nonsense', /nonsense is not known; this server has tiny\.en, .*base/],
    ['large-v3', /large-v3 is not on this server.*models pull large-v3/],
    ['../../etc/passwd', /is not known/],
    ['https://example.com/x.bin', /is not known/],
  ] as const)
    await t.rejects(kept.startRehear(id, { model }), { code: 'rehear.model', status: 404, message: text }, model);
});

import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { type Rehearing, Transcripts } from '../../client/sdk/index.ts';
import { LIMITS } from '../../protocol/index.ts';
import { ScriptedRecogniser } from '../../server/engine/script.ts';
import type { HearingModelSource } from '../../server/flow/rehearings.ts';
import type { DecodeAnswer, DecodeJob } from '../../server/ports/recogniser.ts';
import { openTranscripts } from '../../server/store/open-transcripts.ts';
import { openKeyedServer } from '../support/keyed-server.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';
import { programArgs } from '../support/program.ts';
import { converse, script, sound, type TestEndpoint } from '../support/scripted-server.ts';
import { until } from '../support/until.ts';

const WORDS = [0, 1, 2, 3].flatMap((i) => script(`The um machine is number ${i}.`, i * 3 + 0.6));
const SOUND = sound(
  12,
  [0, 1, 2, 3].map((i) => [i * 3 + 0.5, i * 3 + 2.5] as const),
);

/** With the model `careful` it hears "engine" for "machine". */
class CarefulRecogniser extends ScriptedRecogniser {
  /** Answers nothing until it is told to abort. */
  isStuck = false;
  readonly #aborts = new Map<number, () => void>();

  get stuckCount(): number {
    return this.#aborts.size;
  }

  override async decode(job: DecodeJob): Promise<DecodeAnswer> {
    const answer = await super.decode(job);
    if (job.model !== 'careful' || answer.kind !== 'hypothesis') return answer;
    if (this.isStuck) await new Promise<void>((resolve) => this.#aborts.set(job.id, resolve));
    const { hypothesis } = answer;
    const words = hypothesis.words.map((word) => ({ ...word, text: word.text.replace('machine', 'engine') }));
    return { ...answer, hypothesis: { ...hypothesis, words, ...(this.isStuck ? { stop: 'aborted' as const } : {}) } };
  }

  override abort(job?: number): void {
    this.#aborts.get(job!)?.();
    this.#aborts.delete(job!);
  }
}

/** A server with keys that keeps audio in a real file. */
async function open(t: Test, endpoint: TestEndpoint = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-rehear-'));
  const bounds = { bytesMax: 0, bytesPerOwnerMax: 0 };
  const fail = (error: unknown): never => t.fail('the thread failed', { error }) as never;
  const store = await openTranscripts({ folder, sync: 'never', bounds, onBrokenFile: fail, onError: fail });
  t.teardown(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { recorder } = memoryRecorder({ store, keepsAudio: true });
  const recogniser = new CarefulRecogniser(WORDS);
  const made = await openKeyedServer(t, WORDS, { recorder, recogniser, ...endpoint });
  const key = made.addKey('mine');
  const { url } = made.server;
  const kept = new Transcripts({ url, credential: key });
  const speak = async ({ audio = true, language = 'en' } = {}): Promise<string> => {
    const session = await made.server.connect({ credential: key, language, keep: { title: 'T', audio } });
    await converse(session, SOUND);
    const id = session.ready.transcript!;
    await until(() => !recorder.isOpen(id, 1));
    return id;
  };
  const ended = async (id: string): Promise<Rehearing> => {
    let job: Rehearing | undefined;
    await until(async () => {
      job = await kept.readRehear(id);
      return job !== undefined && !['waiting', 'running'].includes(job.state);
    });
    return job!;
  };
  /** Status and answer of a request for the job of a transcript. */
  const ask = async (method: string, id: string, credential: string = key, body?: string) => {
    const headers = { authorization: `Bearer ${credential}` };
    const path = `${url}/v1/transcripts/${id}/rehear`;
    const response = await fetch(path, { method, headers, ...(body === undefined ? {} : { body }) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { ...made, recogniser, recorder, store, key, kept, speak, ended, ask };
}

t.test(
  'a stored transcript is heard again: words, cleanings and the search follow, what was first heard stays',
  async (t) => {
    const { kept, speak, ended, ask, recogniser } = await open(t);
    const id = await speak();
    const before = await kept.read(id);
    await kept.mark(id, '1.0.2', { correction: 'Mine.' });
    const { status, body } = await ask('POST', id, undefined, '{"model":"careful"}');
    t.equal(status, 202);
    t.match(body, { id, model: 'careful', doneMs: 0, revised: 0, state: /^(waiting|running)$/ });
    t.match(await ended(id), { state: 'done', revised: 4, doneMs: body['totalMs'], totalMs: body['totalMs'] });
    const after = await kept.read(id);
    t.match(
      after.sentences,
      before.sentences.map(({ text }, i) => ({
        ...{ text, revised: `The um engine is number ${i}.`, cleaned: `The engine is number ${i}.` },
        ...(i === 1 ? { correction: 'Mine.' } : {}),
      })),
    );
    t.equal((await kept.list({ query: 'engine' })).transcripts.length, 1);
    const job = recogniser.jobs.findLast(({ model }) => model === 'careful')!;
    t.ok(job.samples.length > 10 * 16_000, 'in one stretch');
    t.ok(
      job.samples.some((sample) => sample > 0.2),
      'from the audio that was kept',
    );
    await kept.startRehear(id, { model: 'plain' });
    t.match(await ended(id), { state: 'done', revised: 0, model: 'plain' });
    const third = await kept.read(id);
    t.same(
      third.sentences.map(({ correction: _, ...sentence }) => sentence),
      before.sentences,
    );
    t.equal((await kept.list({ query: 'engine' })).transcripts.length, 0);
  },
);

t.test('nobody else can have it heard, or see or stop that', async (t) => {
  const { addKey, speak, ask, mint, key, recogniser } = await open(t);
  const id = await speak();
  const other = addKey('other');
  const scopeless = addKey('scopeless', ['stream']);
  const token = await mint(key, ['stream']);
  for (const method of ['POST', 'GET', 'DELETE']) {
    t.match(await ask(method, id, 'nobody'), { status: 401, body: { code: 'auth.invalid' } });
    t.match(await ask(method, id, scopeless), { status: 403, body: { code: 'auth.scope' } });
    t.match(await ask(method, id, token), { status: 403, body: { code: 'auth.scope' } });
    const code = method === 'POST' ? 'transcript.unknown' : 'rehear.unknown';
    t.match(await ask(method, id, other), { status: 404, body: { code } });
  }
  recogniser.isStuck = true;
  t.equal((await ask('POST', id, key, '{"model":"careful"}')).status, 202);
  for (const method of ['GET', 'DELETE'])
    t.match(await ask(method, id, other), { status: 404, body: { code: 'rehear.unknown' } });
  t.match(await ask('POST', id, other), { status: 404, body: { code: 'transcript.unknown' } });
  t.match(await ask('GET', id), { body: { state: 'running' } });
  t.match(await ask('DELETE', id), { status: 200, body: { state: 'stopped' } });
});

t.test('what cannot be heard again is refused with a reason', async (t) => {
  const { speak, ask, kept, key, server } = await open(t);
  const silent = await speak({ audio: false });
  t.match(await ask('POST', silent), { status: 409, body: { code: 'rehear.audio', text: /--keep-audio/ } });
  t.match(await ask('GET', silent), { status: 404, body: { code: 'rehear.unknown' } });
  t.match(await ask('POST', await kept.create()), { status: 409, body: { code: 'rehear.audio' } });
  t.match(await ask('POST', 'nothing'), { status: 404, body: { code: 'transcript.unknown' } });
  const session = await server.connect({ credential: key, keep: { audio: true } });
  const { transcript } = session.ready;
  session.send(SOUND.slice());
  await session.sent();
  await until(
    async () =>
      ((await kept.read(transcript!)).audio?.length ?? 0) > 0 && (await kept.read(transcript!)).sentences.length > 1,
  );
  t.match(await ask('POST', transcript!), { status: 409, body: { code: 'rehear.recording' } });
  for (const body of ['{"model":""}', '{"model":1}', '{"modell":"x"}', '[]', `{"model":"${'x'.repeat(101)}"}`])
    t.match(await ask('POST', transcript!, key, body), { status: 400, body: { code: 'command.option' } }, body);
  await session.finish();
  await until(async () => (await ask('POST', transcript!)).status === 202);
});

t.test('a model for English is refused where no English was spoken', async (t) => {
  const models = { own: 'script', small: undefined };
  const hearingModels: HearingModelSource = {
    select: (name) => (name === undefined ? models : { ...models, second: { name, isMultilingual: false } }),
    load: async () => {},
    release: async () => {},
  };
  const { speak, ask, key } = await open(t, { hearingModels });
  const [german, english] = [await speak({ language: 'de' }), await speak()];
  const refusal = { code: 'command.option', text: /model small\.en .* more than English/ };
  t.match(await ask('POST', german, key, '{"model":"small.en"}'), { status: 400, body: refusal });
  t.match(await ask('POST', english, key, '{"model":"small.en"}'), { status: 202, body: { model: 'small.en' } });
  t.match(await ask('POST', german), { status: 202, body: { model: 'script' } });
});

t.test('a job under way is answered again, and stopped; the next one begins anew', async (t) => {
  const { speak, ask, ended, kept, key, recogniser } = await open(t);
  const [id, next] = [await speak(), await speak()];
  recogniser.isStuck = true;
  t.match(await ask('POST', id, key, '{"model":"careful"}'), { status: 202 });
  await until(() => recogniser.stuckCount === 1);
  t.match(
    await ask('POST', next, key, '{"model":"careful"}'),
    { status: 202, body: { state: 'waiting' } },
    'one at a time',
  );
  t.match(await ask('POST', id, key, '{"model":"careful"}'), { status: 202, body: { state: 'running', id } });
  const busy = { code: 'rehear.busy', text: /careful already.* ask for plain/ };
  t.match(await ask('POST', id, key, '{"model":"plain"}'), { status: 409, body: busy });
  t.match(await ask('DELETE', next), { body: { state: 'stopped' } });
  t.match(await ask('DELETE', id), { body: { state: 'stopped', revised: 0 } });
  t.match(await ask('GET', id), { body: { state: 'stopped' } });
  recogniser.isStuck = false;
  await kept.startRehear(id, { model: 'careful' });
  t.match(await ended(id), { state: 'done', revised: 4 });
  await kept.stopRehear(id);
  t.match(await kept.readRehear(id), { state: 'done' }, 'what is over is not stopped');
  t.match(await kept.readRehear(next), { state: 'stopped' });
});

t.test('a transcript that is deleted takes its job with it, and the next one is heard', async (t) => {
  const { speak, ask, ended, kept, key, recogniser, store } = await open(t);
  const [id, gone, next] = [await speak(), await speak(), await speak()];
  recogniser.isStuck = true;
  await kept.startRehear(id, { model: 'careful' });
  await until(() => recogniser.stuckCount === 1);
  await kept.startRehear(gone, { model: 'careful' });
  await kept.startRehear(next, { model: 'careful' });
  await store.expire((await store.listChangedOutside(0, 0)).filter((each) => each.id === gone));
  recogniser.isStuck = false;
  await kept.delete(id);
  t.match(await ask('GET', id, key), { status: 404, body: { code: 'rehear.unknown' } });
  t.match(await ended(gone), { state: 'failed', error: { code: 'transcript.unknown', message: /no transcript/ } });
  t.match(await ended(next), { state: 'done', revised: 4 });
});

t.test('only so many transcripts of a key wait', async (t) => {
  const { speak, ask, key, kept, recogniser } = await open(t);
  const [first] = [await speak()];
  recogniser.isStuck = true;
  await kept.startRehear(first, { model: 'careful' });
  const others: string[] = [];
  for (let i = 1; i <= LIMITS.rehearingsPerKeyMax; i++) others.push(await speak());
  for (const id of others.slice(1)) await kept.startRehear(id, { model: 'careful' });
  const full = { code: 'rehear.full', text: /8 transcripts of this key/ };
  t.match(await ask('POST', others[0]!, key, '{"model":"careful"}'), { status: 503, body: full });
  await kept.stopRehear(others[1]!);
  t.match(await ask('POST', others[0]!, key, '{"model":"careful"}'), { status: 202 });
});

t.test('the command line follows it, and Ctrl-C stops it', async (t) => {
  const { speak, key, kept, recogniser, server } = await open(t);
  const id = await speak();
  const args = (model: string) => [
    ...programArgs('client/cli/main.ts'),
    ...['transcripts', 'rehear', id, '--model', model, '--server', server.url, '--key', key],
  ];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args('careful'));
  t.equal(stdout, '');
  t.match(stderr, /^Heard again with careful: .*\n4 sentences were revised with careful\.\n`sotto transcripts show/s);
  recogniser.isStuck = true;
  const child = spawn(process.execPath, args('careful'), { stdio: ['ignore', 'ignore', 'pipe'] });
  let printed = '';
  child.stderr.on('data', (chunk) => {
    printed += chunk;
  });
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  await until(() => printed.includes('Heard again with careful'));
  child.kill('SIGINT');
  t.equal(await exited, 1);
  t.match(printed, /Stopped\. No sentence was revised so far/);
  t.match(await kept.readRehear(id), { state: 'stopped' });
});

import t from 'tap';
import { WebSocket } from 'ws';
import type { ServerEvent, Session } from '../../client/sdk/index.ts';
import { LIMITS } from '../../protocol/index.ts';
import { ScriptedRecogniser } from '../../server/engine/script.ts';
import type { DecodeAnswer, DecodeJob } from '../../server/ports/recogniser.ts';
import { MemoryJournalStore } from '../../server/store/memory-journal-store.ts';
import { FastClock } from '../support/fast-clock.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';
import {
  converse,
  finalsOf,
  openScriptedServer,
  script,
  sound,
  type TestEndpoint,
} from '../support/scripted-server.ts';
import { until } from '../support/until.ts';
import { watch } from '../support/viewing.ts';

const sentences = (count: number) => ({
  words: Array.from({ length: count }, (_, i) => script(`The um machine is number ${i}.`, i * 3 + 0.6)).flat(),
  samples: sound(
    count * 3,
    Array.from({ length: count }, (_, i) => [i * 3 + 0.5, i * 3 + 2.5] as const),
  ),
});
const { words: WORDS, samples: SOUND } = sentences(4);

/** Hears "engine" for "machine" the second time in every other sentence. */
class CarefulRecogniser extends ScriptedRecogniser {
  readonly second: DecodeJob[] = [];
  /** Second hearings that never end. */
  isStuck = false;

  override async decode(job: DecodeJob): Promise<DecodeAnswer> {
    const answer = await super.decode(job);
    if (job.model !== 'careful' || answer.kind !== 'hypothesis') return answer;
    this.second.push(job);
    if (this.isStuck) return new Promise(() => {});
    const { hypothesis } = answer;
    const isOdd = (from: number): boolean => Math.floor(from / 48_000) % 2 === 1;
    const words = hypothesis.words.map((word) => ({
      ...word,
      text: isOdd(word.from) ? word.text.replace('machine', 'engine') : word.text,
    }));
    return { ...answer, hypothesis: { ...hypothesis, words } };
  }
}

async function open(endpoint: TestEndpoint = {}, words = WORDS) {
  const recogniser = new CarefulRecogniser(words);
  const server = await openScriptedServer(words, 8, { recogniser, second: 'careful', ...endpoint });
  return { recogniser, server };
}
const of = <T extends ServerEvent['type']>(events: readonly ServerEvent[], type: T) =>
  events.filter((event): event is Extract<ServerEvent, { type: T }> => event.type === type);

t.test('what is heard better comes after its final, is cleaned again, and reaches readers', async (t) => {
  const { recorder, store } = memoryRecorder();
  const { recogniser, server } = await open({ recorder });
  t.teardown(() => server.close());
  const viewer = watch(server.url, 'stage', { words: true });
  await viewer.waitFor(({ type }) => type === 'room');
  const session = await server.connect({ room: 'stage', keep: {} });
  const { transcript } = session.ready;
  const events = await converse(session, SOUND);
  t.match(
    of(events, 'final'),
    [0, 1, 2, 3].map((i) => ({ text: `The um machine is number ${i}.` })),
  );
  t.match(of(events, 'revised'), [
    { channel: 0, sentence: 2, text: 'The um engine is number 1.', model: 'careful', words: { length: 6 } },
    { channel: 0, sentence: 4, text: 'The um engine is number 3.' },
  ]);
  t.same(
    of(events, 'cleaned').map(({ sentence, text, revised = false }) => [sentence, text, revised]),
    [
      ...[0, 1, 2, 3].map((i) => [i + 1, `The machine is number ${i}.`, false]),
      [2, 'The engine is number 1.', true],
      [4, 'The engine is number 3.', true],
    ],
  );
  t.equal(events.at(-1)?.type, 'done');
  t.match(recogniser.second, [{ kind: 'final', beamSize: 5, windowFloor: 1_500, language: 'en' }]);
  await viewer.waitFor((event) => event.type === 'cleaned' && event.text === 'The engine is number 3.');
  t.match(
    viewer.events.filter(({ type }) => type === 'revised'),
    [{ sentence: 2 }, { sentence: 4 }],
  );
  viewer.close();
  const stored = store.read('', transcript!);
  t.match(stored?.sentences[1], {
    ...{ text: 'The um machine is number 1.', revised: 'The um engine is number 1.' },
    cleaned: 'The engine is number 1.',
  });
  t.notOk('revised' in stored!.sentences[0]!);
});

t.test('a stretch is heard again while the session goes on', async (t) => {
  const { words, samples } = sentences(12);
  const { recogniser, server } = await open({}, words);
  t.teardown(() => server.close());
  const events = await converse(await server.connect(), samples);
  t.equal(recogniser.second.length, 2);
  const lastFinal = events.findLastIndex(({ type }) => type === 'final');
  t.ok(events.findIndex(({ type }) => type === 'revised') < lastFinal, 'before the last sentence was said');
  t.same(
    of(events, 'revised').map(({ sentence }) => sentence),
    [2, 4, 6, 8, 10, 12],
  );
});

t.test('the end waits for it for some seconds only', async (t) => {
  const clock = new FastClock(1);
  const { recogniser, server } = await open({ clock });
  t.teardown(() => server.close());
  recogniser.isStuck = true;
  const talking = converse(await server.connect(), SOUND);
  await until(() => recogniser.second.length === 1, { what: 'the sentences are heard again' });
  await clock.jump(LIMITS.secondHearingAtEndMs);
  const events = await talking;
  t.same(of(events, 'revised'), []);
  t.match(events.at(-1), { type: 'done', sentences: 4 });
});

t.test('clients that want none get none, and cost nothing', async (t) => {
  const { recogniser, server } = await open();
  t.teardown(() => server.close());
  const events = await converse(await server.connect({ revise: false }), SOUND);
  t.equal(finalsOf(events).length, 4);
  t.equal(recogniser.second.length, 0);
});

/** Speaks, and calls `interrupt` once two sentences are final. */
async function speakAcross(session: Session, interrupt: () => Promise<void>): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  const reading = (async () => {
    for await (const event of session) events.push(event);
  })();
  let isInterrupted = false;
  for (let at = 0; at < SOUND.length; at += 1_600) {
    session.send(SOUND.subarray(at, at + 1_600));
    await session.sent();
    await new Promise((resolve) => setImmediate(resolve));
    if (isInterrupted || finalsOf(events).length < 2) continue;
    isInterrupted = true;
    await interrupt();
  }
  await session.finish();
  await reading;
  return events;
}

t.test('a lost connection changes nothing of it', async (t) => {
  const { server } = await open();
  t.teardown(() => server.close());
  const sockets: WebSocket[] = [];
  class Watched extends WebSocket {
    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      sockets.push(this);
    }
  }
  const session = await server.connect({ reconnect: true, WebSocket: Watched as never });
  const events = await speakAcross(session, async () => sockets[0]!.terminate());
  t.equal(sockets.length, 2);
  t.same(
    of(events, 'revised').map(({ sentence }) => sentence),
    [2, 4],
  );
});

t.test('after a restart, sentences from before keep their words and later ones are heard again', async (t) => {
  const store = new MemoryJournalStore();
  let { server } = await open({ store });
  const port = Number(new URL(server.url).port);
  const session = await server.connect({ reconnect: true });
  const { session: id } = session.ready;
  const events = await speakAcross(session, async () => {
    await server.close();
    ({ server } = await open({ store: new MemoryJournalStore([[id, store.readFile(id)!]]), port }));
  });
  t.teardown(() => server.close());
  t.equal(finalsOf(events).length, 4);
  t.same(
    of(events, 'revised').map(({ sentence }) => sentence),
    [4],
  );
  t.same(of(events, 'cleaned').length, 5);
});

t.test('clients of compatible endpoints are heard once: their protocols have no message for a revision', async (t) => {
  const { server, recogniser } = await open();
  t.teardown(() => server.close());
  for (const path of ['/v1/listen?', '/v2/listen?model=flux-general-en&']) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}encoding=linear16&sample_rate=16000`);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(Buffer.from(SOUND.buffer));
    socket.send('{"type":"CloseStream"}');
    t.equal(await closed, 1000);
  }
  t.ok(recogniser.jobs.length > 0);
  t.same(recogniser.second, []);
});

import { request } from 'node:http';
import t from 'tap';
import type { ServerEvent } from '../../client/sdk/index.ts';
import { FULL_SERVICE_LEVEL, type ServiceLevel } from '../../server/core/schedule/load-shedder.ts';
import { finalsOf, openScriptedServer, type ScriptedServer, script, sound } from '../support/scripted-server.ts';
import { until } from '../support/until.ts';

const SMALL: ServiceLevel = { ...FULL_SERVICE_LEVEL, step: 'small', model: 'small' };
const SENTENCE = sound(2, [[0.5, 1.6]]);
const WORDS = [0, 2, 4, 6].flatMap((at) => script('So it goes.', at + 0.6));

/** Says one sentence under each advice and tells which models decoded it, and all events. */
async function speak(server: ScriptedServer, advices: readonly ServiceLevel[], options = {}) {
  const session = await server.connect({ language: 'en', partials: { everyMs: 100 }, ...options });
  const events: ServerEvent[] = [];
  const reading = (async () => {
    for await (const event of session) events.push(event);
  })();
  const models: string[] = [];
  for (const advice of advices) {
    server.registry.setServiceLevel(advice);
    const before = server.recogniser.jobs.length;
    for (let at = 0; at < SENTENCE.length; at += 1_600) {
      session.send(SENTENCE.subarray(at, at + 1_600));
      await session.sent();
    }
    await session.flush();
    models.push([...new Set(server.recogniser.jobs.slice(before).map(({ model }) => model ?? 'own'))].join());
  }
  await session.finish();
  await reading;
  const notices = events.flatMap((event) => (event.type === 'notice' ? [`${event.code}: ${event.text}`] : []));
  return { events, models, notices };
}

/** Asks for a stream and goes away; what a refused client is told. */
function knock(url: string): Promise<{ status: number; body: string }> {
  const headers = {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  };
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/v1/stream`, { headers });
    asked.on('upgrade', (_, socket) => {
      socket.destroy();
      resolve({ status: 101, body: '' });
    });
    asked.on('response', async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
    });
    asked.on('error', reject);
    asked.end();
  });
}

t.test(
  'under load English is heard by the small model from the next sentence on, and later by the own again',
  async (t) => {
    const server = await openScriptedServer(WORDS, 8, { small: 'little' });
    t.teardown(() => server.close());
    const { events, models, notices } = await speak(server, [FULL_SERVICE_LEVEL, SMALL, SMALL, FULL_SERVICE_LEVEL]);
    t.same(models, ['own', 'little', 'little', 'own']);
    t.same(notices, [
      'model: By the load of the server little hears you from here on.',
      'model: By the load of the server script hears you from here on.',
    ]);
    t.equal(finalsOf(events).length, 4);
  },
);

t.test('a session that pinned its model, speaks another language or is translated is not moved', async (t) => {
  const server = await openScriptedServer(WORDS, 8, { small: 'little' });
  t.teardown(() => server.close());
  for (const options of [{ model: 'script' }, { language: 'de' }, { task: 'translate' }]) {
    const { models, notices } = await speak(server, [SMALL, SMALL], options);
    t.same(models, [options.model ?? 'own', options.model ?? 'own'], JSON.stringify(options));
    t.same(notices, []);
  }
  const pinned = await speak(server, [FULL_SERVICE_LEVEL, SMALL], { model: 'little' });
  t.same(pinned.models, ['little', 'little']);
  t.match(pinned.events[0], { type: 'ready', model: 'little', languages: ['en'] });
});

t.test('on a machine that is slow with its own model the small one hears English from the start', async (t) => {
  const server = await openScriptedServer(WORDS, 8, { small: 'little', isEnglishSmall: true });
  t.teardown(() => server.close());
  const { events, models, notices } = await speak(server, [FULL_SERVICE_LEVEL, SMALL]);
  t.same(models, ['little', 'little']);
  t.match(events[0], { type: 'ready', model: 'little', languages: 'all' }, 'which its first event says');
  t.same(notices, []);
  for (const options of [{ model: 'script' }, { language: 'de' }, { task: 'translate' }]) {
    const other = await speak(server, [FULL_SERVICE_LEVEL], options);
    t.same(other.models, [options.model ?? 'own'], JSON.stringify(options));
    t.match(other.events[0], { type: 'ready', model: 'script' });
    t.same(other.notices, []);
  }
});

t.test('who changes to another language is heard by the own model again, and may', async (t) => {
  const server = await openScriptedServer(WORDS, 8, { small: 'little', isEnglishSmall: true });
  t.teardown(() => server.close());
  const session = await server.connect({ language: 'en' });
  const notices: string[] = [];
  const reading = (async () => {
    for await (const event of session) if (event.type === 'notice') notices.push(event.text);
  })();
  const say = async () => {
    session.send(SENTENCE);
    await session.flush();
  };
  await say();
  session.configure({ language: 'de' });
  await say();
  await session.finish();
  await reading;
  t.same([...new Set(server.recogniser.jobs.map(({ model }) => model))], ['little', undefined]);
  t.same(notices, ['For your language script hears you from here on.']);
});

t.test('what is wrong with a model that was asked for is said', async (t) => {
  const server = await openScriptedServer([], 8, { small: 'little' });
  t.teardown(() => server.close());
  await t.rejects(server.connect({ model: 'large' }), { code: 'model.unknown', message: /offers script and little/ });
  await t.rejects(server.connect({ model: 'little', task: 'translate' }), {
    code: 'command.option',
    message: /little knows English only/,
  });
  await t.rejects(server.connect({ model: 'little', languages: ['en', 'de'] }), { code: 'command.option' });
  await t.rejects(server.connect({ languages: ['xx'] }), { code: 'command.option' });
});

t.test('each step down is reported once, and so is the way back', async (t) => {
  const server = await openScriptedServer(WORDS);
  t.teardown(() => server.close());
  const slow: ServiceLevel = { ...FULL_SERVICE_LEVEL, step: 'slow', cadence: 2 };
  const off: ServiceLevel = { ...FULL_SERVICE_LEVEL, step: 'off', cadence: 0, windows: 'short', lagMs: 2_500 };
  const { events, notices } = await speak(server, [slow, { ...slow, cadence: 3 }, off, FULL_SERVICE_LEVEL]);
  t.same(notices, [
    'lag: The server is busy: partials come less often.',
    'lag: Decoding is 2.5 s behind. The server is busy: partials are off for now; finals and audio are not dropped.',
    'lag: Decoding has caught up.',
  ]);
  const behind = events.flatMap((event) => (event.type === 'notice' && event.code === 'lag' ? [event.behindMs] : []));
  t.same(behind, [0, 2_500, 0], 'with how far decoding is behind, for programs');
  t.equal(finalsOf(events).length, 4, 'and no final is missing');
  const short = server.recogniser.jobs.filter(({ windowFloor }) => windowFloor === 0);
  t.ok(short.length > 0 && short.every(({ kind }) => kind === 'final'), 'finals had short windows meanwhile');
});

t.test('when finals wait too long nobody new is let in, those that are here lose nothing', async (t) => {
  const server = await openScriptedServer(WORDS, 50, { measured: true });
  t.teardown(() => server.close());
  let open = (): void => {};
  server.recogniser.holdAnswers(
    new Promise((resolve) => {
      open = resolve;
    }),
  );
  const speakers = await Promise.all([1, 2, 3].map(() => server.connect({ language: 'en' })));
  const flushes = speakers.map((session) => {
    session.send(SENTENCE);
    return session.flush();
  });
  let answer = await knock(server.url);
  const isRefused = async (): Promise<boolean> => {
    answer = await knock(server.url);
    return answer.status !== 101;
  };
  await until(isRefused, { what: 'nobody more is let in', everyMs: 50 });
  t.equal(answer.status, 503);
  t.match(JSON.parse(answer.body), { code: 'server.full', text: /need all that this machine decodes in time/ });
  open();
  await Promise.all(flushes);
  for (const session of speakers) await session.finish();
  t.equal(server.registry.size, 0);
  await t.resolves(
    server.connect().then((session) => session.finish()),
    'and when they are gone there is room',
  );
});

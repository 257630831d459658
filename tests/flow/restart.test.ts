import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { WebSocket } from 'ws';
import { type ConnectOptions, connect, type ServerEvent, type Session, Transcript } from '../../client/sdk/index.ts';
import { groupByType } from '../support/group-by-type.ts';
import { randomFrom } from '../support/random.ts';
import { bundle, freePort, type ScriptedProcess, startScriptedProcess } from '../support/scripted-process.ts';
import { converse, openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { simulateDelay, until } from '../support/until.ts';

const SENTENCES = 8;
const WORDS = Array.from({ length: SENTENCES }, (_, i) => script(`Now comes um sentence ${i}.`, i * 3 + 0.6)).flat();
const SOUND = sound(
  SENTENCES * 3,
  Array.from({ length: SENTENCES }, (_, i) => [i * 3 + 0.5, i * 3 + 2.2] as const),
);

/** A server that is killed now and then and comes back at once at the same address. */
class Phoenix {
  kills = 0;
  readonly url: string;
  readonly #startProcess: () => Promise<ScriptedProcess>;
  #process: Promise<ScriptedProcess>;

  constructor(url: string, startProcess: () => Promise<ScriptedProcess>) {
    this.url = url;
    this.#startProcess = startProcess;
    this.#process = startProcess();
  }

  static async open(program: string, folder: string): Promise<Phoenix> {
    const port = await freePort();
    const phoenix = new Phoenix(`http://127.0.0.1:${port}`, () =>
      startScriptedProcess(program, { words: WORDS, port, folder }),
    );
    await phoenix.#process;
    return phoenix;
  }

  /** Resolves when it is dead; it is born again meanwhile. */
  async kill(): Promise<void> {
    this.kills++;
    await (await this.#process).kill();
    this.#process = this.#startProcess();
  }

  async end(): Promise<void> {
    await (await this.#process).kill();
  }

  connect(options: Partial<ConnectOptions>): Promise<Session> {
    return connect({ url: this.url, WebSocket: WebSocket as never, ...options });
  }
}

let program = '';
let remove = (): void => {};
const folder = mkdtempSync(join(tmpdir(), 'sotto-restart-'));
t.before(async () => {
  const bundled = await bundle('scripted-process-main');
  program = join(bundled.folder, 'scripted-process-main.mjs');
  remove = bundled.remove;
});
t.teardown(() => {
  remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Speaks, and kills the server after random pieces of the sound. */
async function speak(session: Session, phoenix: Phoenix, samples: Int16Array, seed: number): Promise<ServerEvent[]> {
  const random = randomFrom(seed);
  const events: ServerEvent[] = [];
  const reading = (async () => {
    for await (const event of session) events.push(event);
  })();
  const step = 1_601;
  let next = random() * samples.length * 0.3;
  for (let at = 0; at < samples.length; at += step) {
    session.send(samples.subarray(at, at + step));
    await session.sent();
    await new Promise((resolve) => setImmediate(resolve));
    if (at < next) continue;
    next = at + random() * samples.length * 0.3;
    await phoenix.kill();
  }
  const done = session.finish();
  if (random() < 0.5) await phoenix.kill();
  await done;
  await reading;
  return events;
}

for (const [name, audio, rate] of [
  ['16 kHz', undefined, 16_000],
  ['44.1 kHz stereo', { encoding: 'pcm_s16le', sampleRate: 44_100, channels: 2, channelMode: 'mix' } as const, 44_100],
] as const) {
  t.test(`the transcript of ${name} over kills of the whole server is the one without`, async (t) => {
    const samples = rate === 16_000 ? SOUND : stretched(SOUND, rate);
    const start = { partials: { mode: 'off' }, ...(audio === undefined ? {} : { audio }) } as const;
    const calm = await openScriptedServer(WORDS);
    const whole = groupByType(await converse(await calm.connect(start), samples, 1_601));
    await calm.close();
    t.equal(whole['final']?.length, SENTENCES);
    const phoenix = await Phoenix.open(program, folder);
    for (let seed = 1; seed <= (rate === 16_000 ? 2 : 1); seed++) {
      const events = await speak(await phoenix.connect(start), phoenix, samples, seed);
      t.same(groupByType(events), whole, `seed ${seed}`);
      t.same(
        events.map(({ seq }) => seq),
        events.map((_, i) => i + 1),
        'no event is missing and none comes twice',
      );
    }
    t.ok(phoenix.kills >= 3, `${phoenix.kills} kills`);
    // The last event is sent before the journal goes.
    const left = (): string[] => readdirSync(folder).filter((name) => !name.startsWith('lock'));
    await until(() => left().length === 0, { what: 'nothing is left of sessions that have ended' });
    await phoenix.end();
  });
}

t.test('over kills of the server stable text stays, and each flush is answered once', async (t) => {
  const phoenix = await Phoenix.open(program, folder);
  const random = randomFrom(7);
  const session = await phoenix.connect({ partials: { everyMs: 100 } });
  const transcript = new Transcript();
  const flushes: Promise<{ audioMs: number }>[] = [];
  const reading = (async () => {
    for await (const event of session) transcript.read(event);
  })();
  for (let at = 0; at < SOUND.length; at += 1_600) {
    session.send(SOUND.subarray(at, at + 1_600));
    await session.sent();
    await simulateDelay(2);
    if (at % 96_000 === 48_000) flushes.push(session.flush());
    if (random() < 0.02) await phoenix.kill();
  }
  const modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
  t.same([...new Set(modes)], [0o600], 'only the owner can read what was said');
  t.equal(statSync(folder).mode & 0o777, 0o700);
  const done = await session.finish();
  await reading;
  t.same(
    (await Promise.all(flushes)).map(({ audioMs }) => audioMs),
    flushes.map((_, i) => i * 6_000 + 3_100),
  );
  t.equal(done.sentences, SENTENCES);
  t.equal(transcript.sentences.length, SENTENCES);
  t.ok(phoenix.kills >= 3, `${phoenix.kills} kills`);
  await phoenix.end();
});

t.test('a session that ends every process that takes it up is set aside, and all others go on', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-poison-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  const setup = { words: WORDS, port, folder };
  const calm = await startScriptedProcess(program, setup);
  const url = `http://127.0.0.1:${port}`;
  const open = () => connect({ url, WebSocket: WebSocket as never, partials: { mode: 'off' } });
  const [bad, ...good] = await Promise.all([open(), open(), open(), open()]);
  const finals = good.map((session) => {
    const texts: string[] = [];
    session.on('final', ({ text }) => texts.push(text));
    return texts;
  });
  const half = SOUND.subarray(0, SOUND.length / 2 - 8_000);
  const waitForAck = (session: Session) =>
    new Promise<void>((resolve) => void session.on('ack', (ack) => ack.audioMs >= 11_000 && resolve()));
  const poison = Int16Array.from(half, (sample) => Math.max(-32_768, Math.min(32_767, sample * 2.7)));
  await Promise.all([
    ...good.map((session) => {
      session.send(half);
      return waitForAck(session);
    }),
    bad!.send(poison) ?? waitForAck(bad!),
  ]);
  await calm.kill();
  const deadly = { ...setup, deadlyAbove: 0.8 };
  let deaths = 0;
  let living: ScriptedProcess | undefined;
  while (living === undefined && deaths < 6) {
    const process = await startScriptedProcess(program, deadly).catch(() => undefined);
    const died = await Promise.race([process?.gone, simulateDelay(1_000).then(() => 'lives')]);
    if (died === 'lives') living = process;
    else deaths++;
  }
  t.equal(deaths, 2);
  t.match(await bad!.closed, { fault: { code: 'session.unknown' } });
  for (const session of good) session.send(SOUND.subarray(half.length));
  await Promise.all(good.map((session) => session.finish()));
  const whole = Array.from({ length: SENTENCES }, (_, i) => `Now comes um sentence ${i}.`);
  for (const texts of finals) t.same(texts, whole);
  const aside = readdirSync(folder).filter((name) => name.endsWith('.aside'));
  t.same(aside, [`${bad!.ready.session}.journal.aside`]);
  t.equal(statSync(join(folder, aside[0]!)).mode & 0o777, 0o600);
  await living!.kill();
});

/** The same sound at another rate, in two channels. */
function stretched(samples: Int16Array, rate: number): Int16Array {
  const length = Math.floor((samples.length * rate) / 16_000);
  return Int16Array.from({ length: length * 2 }, (_, i) => samples[Math.floor(((i >> 1) * 16_000) / rate)]!);
}

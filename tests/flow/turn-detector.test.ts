import t, { type Test } from 'tap';
import type { Start } from '../../protocol/index.ts';
import type { TurnDetector } from '../../server/ports/turn-detector.ts';
import { finalsOf, openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { until } from '../support/until.ts';

const WORDS = [...script('one two three', 0.6), ...script('four five six.', 2.1)];
const VOICE = [
  [0.5, 1.5],
  [2, 3],
] as const;
/** A pause of half a second, and the end. */
const SOUND = sound(4, VOICE);
const STEP = 800;

class ScriptedTurnDetector implements TurnDetector {
  asked = 0;
  closed = 0;
  readonly #answer: number | undefined;

  constructor(answer: number | undefined) {
    this.#answer = answer;
  }

  predictTurnEnd(audio: Float32Array): Promise<number | undefined> {
    this.asked++;
    if (audio.length === 0) throw new Error('it is asked about nothing');
    return Promise.resolve(this.#answer);
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

/** Speaks, and waits in each pause until the detector was asked. */
async function speak(t: Test, answer: number | undefined, start: Partial<Start> = {}): Promise<readonly string[]> {
  const turnDetector = new ScriptedTurnDetector(answer);
  const server = await openScriptedServer(WORDS, 8, { turnDetector });
  t.teardown(() => server.close());
  const session = await server.connect(start as never);
  const events: Parameters<typeof finalsOf>[0][number][] = [];
  const reading = (async () => {
    for await (const event of session) events.push(event);
  })();
  const pauses = VOICE.map(([, to]) => Math.ceil(((to + 0.18) * 16_000) / STEP) * STEP);
  for (let at = 0; at < SOUND.length; at += STEP) {
    const pause = pauses.indexOf(at);
    // The decode up to the pause comes within the same turns of the event loop.
    if (pause >= 0) await until(() => turnDetector.asked > pause);
    session.send(SOUND.subarray(at, at + STEP));
    await session.sent();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await session.finish();
  await reading;
  return finalsOf(events);
}

t.test('a speaker who sounds as if going on is not cut off in a pause', async (t) => {
  t.same(await speak(t, 0.01), ['one two three four five six.']);
});

t.test('without an answer the text alone decides', async (t) => {
  t.same(await speak(t, undefined), ['one two three', 'four five six.']);
});

t.test('a client that asks for bounds has them kept', async (t) => {
  t.same(await speak(t, 0.01, { endpoint: { minMs: 200, maxMs: 400 } }), ['one two three', 'four five six.']);
});

// Sessions on machines that are slow: the pure core and the server's scheduler under a simulated clock, with scripted decodes
// that take as long as a cost table says.
import t, { type Test } from 'tap';
import type { EventOf } from '../../../client/sdk/index.ts';
import { PIPELINE } from '../../../server/core/session/settings.ts';
import { findMachine } from '../../bench/machines.ts';
import type { Arrival } from '../../bench/measures.ts';
import { Replay } from '../../bench/replay.ts';
import { quantile } from '../../bench/report.ts';
import { SimulatedClock } from '../../bench/simulated-clock.ts';
import { simulateScheduler } from '../../bench/simulated-decoding.ts';
import { ScriptedSpeech } from '../../support/scripted-speech.ts';
import { SETTINGS } from '../../support/session-settings.ts';

const SETTINGS_LIVE = {
  ...SETTINGS,
  partials: { mode: 'revisable', everyMs: 200 },
  endpoint: PIPELINE.endpoint,
} as const;
const SENTENCES = [
  'The meeting begins at nine in the small room upstairs.',
  'Please bring the figures that we discussed last week.',
  'Nobody has seen the letter since it came on Monday.',
  'There are three boxes under the table near the door.',
  'She wants to know whether the train stops here today.',
  'After lunch we walk along the river to the old mill.',
];

/** What the clients of so many speakers saw, who begin one after the other. */
async function listen(machine: string, speech: ScriptedSpeech, speakers = 1): Promise<Arrival[][]> {
  const clock = new SimulatedClock();
  const replays: Replay[] = [];
  const seen: Arrival[][] = [];
  const statistics = { decodes: 0, busyS: 0, secondS: 0 };
  const decoding = { clock, decode: speech.decode, floors: { partial: 0, final: 512 }, statistics };
  const runner = simulateScheduler({ ...decoding, machine: findMachine(machine) }, 200, (level) => {
    for (const replay of replays) replay.setServiceLevel(level);
  });
  const options = { clock, runner, voice: speech.voice, pipeline: PIPELINE, settings: SETTINGS_LIVE };
  for (let i = 0; i < speakers; i++)
    clock.setTimer(i * 730, () => {
      replays.push(new Replay(`speaker ${i}`, speech.samples, options, (arrivals) => seen.push(arrivals)));
    });
  await clock.run(() => seen.length === speakers);
  return seen;
}

const finalsOf = (arrivals: readonly Arrival[]) =>
  arrivals.filter((each): each is { atMs: number; event: EventOf<'final'> } => each.event.type === 'final');

/** Seconds from the end of each sentence but the last to its final; they must be the sentences that were said. */
function sentenceDelays(t: Test, speech: ScriptedSpeech, arrivals: readonly Arrival[]): number[] {
  const finals = finalsOf(arrivals);
  t.same(
    finals.map(({ event }) => event.text),
    SENTENCES,
  );
  const ends = speech.words.filter(({ text }) => text.endsWith('.')).map(({ to }) => to / 16);
  return finals.slice(0, -1).map(({ atMs }, i) => (atMs - ends[i]!) / 1_000);
}

/** Partials of each client. */
const partialsOf = (seen: readonly (readonly Arrival[])[]): number =>
  seen.flat().filter(({ event }) => event.type === 'partial').length / seen.length;

function lagNotices(arrivals: readonly Arrival[]): readonly { readonly text: string; readonly behindMs: number }[] {
  return arrivals.flatMap(({ event }) =>
    event.type === 'notice' && event.code === 'lag' ? [{ text: event.text, behindMs: event.behindMs ?? 0 }] : [],
  );
}

for (const pauseMs of [0, 60, 200, 280]) {
  t.test(`a sentence that ends in mid-speech, ${pauseMs} ms before the next, is final soon`, async (t) => {
    const speech = new ScriptedSpeech(SENTENCES, pauseMs);
    const [arrivals] = await listen('avx2-2-core-base', speech);
    const delays = sentenceDelays(t, speech, arrivals!);
    t.comment(delays.map((each) => each.toFixed(2)).join(' '));
    t.ok(quantile(delays, 0.5) <= 1.5, `half of them within 1.5 s`);
    t.ok(Math.max(...delays) <= 2.5, 'and all within 2.5 s');
  });
}

t.test('the slower the machine, the fewer partials; finals still come, and their lag is told', async (t) => {
  const speech = new ScriptedSpeech(SENTENCES, 200);
  let before = Number.POSITIVE_INFINITY;
  for (const [factor, most] of [
    [1, 2],
    [2, 2.5],
    [4, 4],
  ] as const) {
    const seen = await listen(`avx2-2-core-base*${factor}`, speech);
    const delays = sentenceDelays(t, speech, seen[0]!);
    t.ok(Math.max(...delays) <= most, `${factor} times as slow: at most ${most} s, ${Math.max(...delays).toFixed(2)}`);
    t.ok(partialsOf(seen) < before, `${partialsOf(seen)} partials`);
    before = partialsOf(seen);
    const notices = lagNotices(seen[0]!);
    if (factor < 4) t.same(notices, [], 'no finals are late');
    else {
      t.match(notices, [{ text: /Finals come late; none is dropped/ }]);
      const worst = Math.max(...delays);
      t.ok(notices[0]!.behindMs >= 2_000 && notices[0]!.behindMs <= worst * 1_000, 'a lag that there is');
    }
  }
});

t.test('many speakers lose partials first, and their sentences end as soon as those of a few', async (t) => {
  const speech = new ScriptedSpeech(SENTENCES, 200);
  const few = await listen('avx2-2-core-base', speech, 2);
  const many = await listen('avx2-2-core-base', speech, 8);
  t.ok(partialsOf(many) < partialsOf(few) / 2, 'less than half the partials each');
  for (const arrivals of many) t.ok(Math.max(...sentenceDelays(t, speech, arrivals)) <= 2.5);
  t.ok(many.every((arrivals) => /partials come less often/.test(lagNotices(arrivals)[0]?.text ?? '')));
});

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
  const statistics = { decodes: 0, busyS: 0 };
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

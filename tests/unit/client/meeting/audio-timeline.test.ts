import t from 'tap';
import type { StoredAudio } from '../../../../client/sdk/index.ts';
import {
  computeKeptMs,
  findPartAt,
  findPlayedSentence,
  groupByPart,
  listChannels,
  planClips,
} from '../../../../client/web/meeting/audio-timeline.ts';
import type { SpokenSentence } from '../../../../client/web/meeting/meeting-state.ts';

const stream = (part: number, channel: number, fromMs: number, durationMs: number): StoredAudio => ({
  ...{ part, channel, fromMs, durationMs },
});
const sentence = (key: string, fromMs: number, toMs: number): SpokenSentence => ({
  ...{ key, channel: Number(key.split('.')[1]), text: key, highlight: false, fromMs, toMs },
});

/** Of the second session no audio is kept. */
const AUDIO = [stream(3, 0, 20_000, 5_000), stream(1, 0, 0, 9_990), stream(1, 1, 0, 10_000)];
const SENTENCES = [
  sentence('1.0.1', 500, 6_000),
  sentence('1.1.1', 2_000, 3_000),
  sentence('1.0.2', 7_000, 9_000),
  sentence('2.0.1', 12_000, 14_000),
  sentence('3.0.1', 21_000, 23_000),
];

t.test('sessions are played in the order of the meeting, their voices together, the longest leading', async (t) => {
  const parts = groupByPart(AUDIO);
  t.match(parts, [
    { part: 1, fromMs: 0, toMs: 10_000, streams: [{ channel: 1 }, { channel: 0 }] },
    { part: 3, fromMs: 20_000, toMs: 25_000 },
  ]);
  t.equal(computeKeptMs(parts), 15_000);
  t.same(listChannels(AUDIO), [0, 1]);
  t.same(groupByPart([stream(1, 0, 0, 0)]), [], 'nothing to play in a session without sound');
});

t.test('a time in a session without audio leads to the next one, and behind the last to none', async (t) => {
  const parts = groupByPart(AUDIO);
  t.same(
    [0, 9_999, 10_000, 15_000, 24_999, 25_000].map((ms) => findPartAt(parts, ms)?.part),
    [1, 1, 3, 3, 3, undefined],
  );
  const overlapping = groupByPart([stream(1, 0, 0, 1_020), stream(2, 0, 1_000, 500)]);
  t.equal(findPartAt(overlapping, 1_000)?.part, 2, 'who goes on behind a session does not fall back into it');
});

t.test('the sentence that is heard: the newest still spoken, in a pause the last, of what is played', async (t) => {
  const at = (ms: number, channel?: number, part = 1): string | undefined =>
    findPlayedSentence(SENTENCES, ms, { part, channel })?.key;
  t.equal(at(400), undefined, 'nothing has been said');
  t.equal(at(1_000), '1.0.1');
  t.equal(at(2_500), '1.1.1', 'who began last');
  t.equal(at(4_000), '1.0.1', 'who was interrupted goes on');
  t.equal(at(6_500), '1.1.1', 'in a pause, who began last');
  t.equal(at(2_500, 0), '1.0.1', 'only the voice that is played');
  t.equal(at(6_500, 0), '1.0.1');
  t.equal(at(20_500, undefined, 3), undefined, 'a sentence of another session is not heard in this one');
  t.equal(at(22_000, undefined, 3), '3.0.1');
});

t.test('pieces to save: a file for each voice among the sentences, of the same length, within the audio', async (t) => {
  const key = (index: number): SpokenSentence => SENTENCES[index]!;
  t.same(planClips([key(2)], AUDIO), [{ part: 1, channel: 0, fromMs: 6_750, toMs: 9_250 }]);
  t.same(planClips([key(0), key(1), key(4)], AUDIO), [
    { part: 3, channel: 0, fromMs: 20_750, toMs: 23_250 },
    { part: 1, channel: 0, fromMs: 250, toMs: 6_250 },
    { part: 1, channel: 1, fromMs: 250, toMs: 6_250 },
  ]);
  t.same(planClips([sentence('1.0.9', 100, 9_985)], AUDIO), [{ part: 1, channel: 0, fromMs: 0, toMs: 9_990 }]);
  t.same(planClips([key(3)], AUDIO), [], 'no audio is kept of it');
});

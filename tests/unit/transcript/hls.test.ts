import assert from 'node:assert/strict';
import t from 'tap';
import { type Caption, CaptionSegments } from '../../../transcript/index.ts';
import fc from '../../support/fast-check.ts';

const ORIGIN = 1_700_000_002_000;
const options = { segmentMs: 6_000, holdMs: 8_000, keep: 0 };
const timeLine = { originMs: ORIGIN - (ORIGIN % 6_000), mpegts: 900_000 };
const START = timeLine.originMs;

/** A caption of a session that began with the first segment. */
function caption(fromMs: number, toMs: number, text: string, atMs = toMs): Caption {
  return {
    ...{ session: 's', channel: 0, sentence: 1, language: 'en', cursor: 1, text, fromMs, toMs },
    atMs: START + atMs,
  };
}

const cuesIn = (segment: string | undefined): string[] =>
  (segment ?? '').split('\n\n').filter((block) => block.includes('-->'));

function playlist(segments: CaptionSegments, state: 'live' | 'ended' = 'live'): string[] {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return segments.playlist({ state, iso, uri: (number) => `${number - START / 6_000}.vtt` }).split('\n');
}

t.test('a cue that crosses a boundary is in both segments, with the same times', async (t) => {
  const segments = new CaptionSegments(options, START);
  segments.add(caption(4_000, 7_500, 'Over the edge.'));
  const [first, second] = segments.advance(START + 20_000);
  const cue = '00:00:04.000 --> 00:00:07.500\nOver the edge.';
  t.same(cuesIn(segments.segment(first!, timeLine)), [cue]);
  t.same(cuesIn(segments.segment(second!, timeLine)), [cue]);
  t.match(segments.segment(first!, timeLine), /^WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00\.000\n\n/);
});

t.test('a segment is closed when its hold is over, and then never changes', async (t) => {
  const segments = new CaptionSegments(options, START);
  t.same(segments.advance(START + 13_999), []);
  const [first] = segments.advance(START + 14_000);
  const before = segments.segment(first!, timeLine);
  segments.add(caption(1_000, 3_000, 'Too late for its place.'));
  t.equal(segments.segment(first!, timeLine), before);
  segments.advance(START + 20_000);
  t.same(cuesIn(segments.segment(first! + 1, timeLine)), ['00:00:06.000 --> 00:00:08.000\nToo late for its place.']);
});

t.test('segments in the playlist are numbered without a gap, have times of day, and end only on request', async (t) => {
  const segments = new CaptionSegments({ ...options, keep: 2 }, START);
  segments.advance(START + 8_000 + 5 * 6_000);
  t.strictSame(playlist(segments), [
    ...['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-TARGETDURATION:6', `#EXT-X-MEDIA-SEQUENCE:${START / 6_000 + 3}`],
    ...[`#EXT-X-PROGRAM-DATE-TIME:${new Date(START + 18_000).toISOString()}`, '#EXTINF:6.000,', '3.vtt'],
    ...[`#EXT-X-PROGRAM-DATE-TIME:${new Date(START + 24_000).toISOString()}`, '#EXTINF:6.000,', '4.vtt', ''],
  ]);
  segments.end(START + 38_000);
  t.equal(playlist(segments, 'ended').at(-2), '#EXT-X-ENDLIST');
});

t.test('the end closes every open segment, up to the last cue', async (t) => {
  const segments = new CaptionSegments(options, START);
  segments.add(caption(6_500, 13_000, 'Long.'));
  t.equal(segments.end(START + 7_000).length, 3);
});

t.test('a wall clock that is set back neither closes nor reopens a segment', async (t) => {
  const segments = new CaptionSegments(options, START);
  segments.advance(START + 30_000);
  const { closed } = segments;
  t.same(segments.advance(START - 3_600_000), []);
  t.same(segments.closed, closed);
});

t.test('every caption is in at least one segment, with the same times in all of them', async () => {
  const step = fc.record({
    lengthMs: fc.integer({ min: 100, max: 6_900 }),
    lateMs: fc.integer({ min: 0, max: 30_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const segments = new CaptionSegments(options, START);
      const numbers: number[] = [];
      let at = 0;
      let nowMs = START;
      for (const [i, { lengthMs, lateMs }] of steps.entries()) {
        nowMs = Math.max(nowMs, START + at + lengthMs + lateMs);
        numbers.push(...segments.advance(nowMs));
        segments.add(caption(at, at + lengthMs, `sentence${i}.`, i === 0 ? lengthMs : nowMs - START));
        at += lengthMs;
      }
      numbers.push(...segments.end(nowMs));
      assert.deepEqual(
        numbers,
        numbers.map((_, i) => START / 6_000 + i),
      );
      const cues = numbers.flatMap((number) => cuesIn(segments.segment(number, timeLine)));
      for (const [i] of steps.entries()) {
        const matches = new Set(cues.filter((cue) => cue.endsWith(`\nsentence${i}.`)));
        assert.equal(matches.size, 1);
      }
    }),
    { numRuns: 100 },
  );
});

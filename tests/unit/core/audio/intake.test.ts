import t from 'tap';
import type { AudioFormat } from '../../../../protocol/index.ts';
import { AudioIntake } from '../../../../server/core/audio/intake.ts';

const STEREO: AudioFormat = { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 2, channelMode: 'separate' };
const bytes = (...samples: readonly number[]): Uint8Array => new Uint8Array(Int16Array.from(samples).buffer);
const HALF = 16_384;

t.test('separate channels are separate speakers', async (t) => {
  const intake = new AudioIntake(STEREO);
  t.equal(intake.speakers, 2);
  const { channels } = intake.push(bytes(HALF, 0, 0, -HALF));
  t.same(
    channels.map((each) => [...each]),
    [
      [0.5, 0],
      [0, -0.5],
    ],
  );
});

t.test('mixed channels are one speaker, the mean of them', async (t) => {
  const intake = new AudioIntake({ ...STEREO, channelMode: 'mix' });
  t.equal(intake.speakers, 1);
  t.same([...intake.push(bytes(HALF, 0, HALF, -HALF)).channels[0]!], [0.25, 0]);
});

t.test('a frame torn anywhere waits for its rest, and nothing is lost or counted twice', async (t) => {
  const whole = bytes(1, 2, 3, 4, 5, 6, 7, 8);
  const expected = new AudioIntake(STEREO).push(whole);
  for (let at = 0; at <= whole.length; at++) {
    const intake = new AudioIntake(STEREO);
    const parts = [intake.push(whole.subarray(0, at)), intake.push(whole.subarray(at))];
    for (const [speaker, samples] of expected.channels.entries())
      t.same(
        parts.flatMap(({ channels }) => [...channels[speaker]!]),
        [...samples],
        `torn at ${at}`,
      );
    t.same(
      parts.flatMap((part) => [...part.bytes]),
      [...whole],
    );
    t.equal(intake.frames, 4);
  }
});

t.test('a torn sample at the end can be forgotten', async (t) => {
  const intake = new AudioIntake(STEREO);
  intake.push(bytes(1, 2, 3, 4).subarray(0, 7));
  intake.dropTorn();
  const { channels } = intake.push(bytes(HALF, HALF));
  t.same(
    channels.map((each) => [...each]),
    [[0.5], [0.5]],
  );
  t.equal(intake.frames, 2);
});

t.test('other rates become 16 kHz; what the resampler holds back comes with the flush', async (t) => {
  const intake = new AudioIntake({ encoding: 'pcm_s16le', sampleRate: 48_000, channels: 1, channelMode: 'mix' });
  const pushed = intake.push(bytes(...new Array<number>(48_000).fill(HALF))).channels[0]!;
  const [tail] = intake.flush();
  t.equal(pushed.length + tail!.length, 16_000);
  t.equal(intake.out, 16_000);
  t.ok(Math.abs(pushed[8_000]! - 0.5) < 1e-3);
});

t.test('what goes on after a restart goes on at its frame, with the same samples', async (t) => {
  const format: AudioFormat = { encoding: 'pcm_s16le', sampleRate: 44_100, channels: 1, channelMode: 'mix' };
  const tone = bytes(...Array.from({ length: 44_100 }, (_, i) => Math.round(9_000 * Math.sin(i / 20))));
  const first = new AudioIntake(format);
  const whole = first.push(tone).channels[0]!;
  const from = first.rewound(8_000);
  const again = new AudioIntake(format, from);
  t.equal(again.frames, from);
  const begin = again.out;
  const samples = again.push(tone.subarray(2 * from)).channels[0]!;
  t.ok(begin <= 8_000);
  t.same(samples.subarray(8_000 - begin), whole.subarray(8_000));
});

t.test('invalid and clipped samples are counted', async (t) => {
  const intake = new AudioIntake({ encoding: 'pcm_f32le', sampleRate: 16_000, channels: 1, channelMode: 'mix' });
  const { invalid, clipped } = intake.push(new Uint8Array(Float32Array.of(Number.NaN, 2, 0).buffer));
  t.same({ invalid, clipped }, { invalid: 1, clipped: 1 });
  t.equal(intake.frameBytes, 4);
});

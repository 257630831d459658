import t from 'tap';
import type { AudioFormat } from '../../../../protocol/index.ts';
import { AudioIntake } from '../../../../server/core/audio/intake.ts';

const STEREO: AudioFormat = { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 2, channelMode: 'separate' };
const bytes = (...samples: readonly number[]): Uint8Array => new Uint8Array(Int16Array.from(samples).buffer);
const HALF = 16_384;

/** Channels of bytes that come behind a silent frame, which shows that they have no offset. */
function pushBehindSilence(intake: AudioIntake, frame: Uint8Array): number[][] {
  intake.push(new Uint8Array(intake.frameBytes));
  return intake.push(frame).channels.map((samples) => [...samples]);
}

/** The same within what the offset filter takes away in the first samples. */
function isNear(found: readonly number[][], wanted: readonly number[][]): boolean {
  const near = (value: number, other: number | undefined): boolean => Math.abs(value - (other ?? Number.NaN)) < 0.01;
  return found.every((samples, i) => samples.every((value, j) => near(value, wanted[i]?.[j])));
}

t.test('separate channels are separate speakers', async (t) => {
  const intake = new AudioIntake(STEREO);
  t.equal(intake.speakers, 2);
  const channels = pushBehindSilence(intake, bytes(HALF, 0, 0, -HALF));
  const wanted = [
    [0.5, 0],
    [0, -0.5],
  ];
  t.ok(isNear(channels, wanted), JSON.stringify(channels));
});

t.test('mixed channels are one speaker, the mean of them', async (t) => {
  const intake = new AudioIntake({ ...STEREO, channelMode: 'mix' });
  t.equal(intake.speakers, 1);
  const channels = pushBehindSilence(intake, bytes(HALF, 0, HALF, -HALF));
  t.ok(isNear(channels, [[0.25, 0]]), JSON.stringify(channels));
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
  const channels = intake.push(bytes(HALF, HALF)).channels.map((samples) => [...samples]);
  t.ok(isNear(channels, [[0.5], [0.5]]), JSON.stringify(channels));
  t.equal(intake.frames, 2);
});

t.test('other rates become 16 kHz; what the resampler holds back comes with the flush', async (t) => {
  const intake = new AudioIntake({ encoding: 'pcm_s16le', sampleRate: 48_000, channels: 1, channelMode: 'mix' });
  const tone = Array.from({ length: 48_000 }, (_, i) => Math.round(HALF * Math.sin((2 * Math.PI * 500 * i) / 48_000)));
  const pushed = intake.push(bytes(...tone)).channels[0]!;
  const [tail] = intake.flush();
  t.equal(pushed.length + tail!.length, 16_000);
  t.equal(intake.out, 16_000);
  // A quarter of a period behind a zero.
  t.ok(Math.abs(pushed[8_008]! - 0.5) < 5e-3, `${pushed[8_008]}`);
});

t.test('what goes on after a restart goes on at its frame, with the same samples', async (t) => {
  const format: AudioFormat = { encoding: 'pcm_s16le', sampleRate: 44_100, channels: 1, channelMode: 'mix' };
  const tone = bytes(...Array.from({ length: 66_150 }, (_, i) => Math.round(9_000 * (1 + Math.sin(i / 20)))));
  const first = new AudioIntake(format);
  const whole = first.push(tone).channels[0]!;
  const from = first.rewound(16_000);
  t.ok(from > 0);
  const again = new AudioIntake(format, from);
  t.equal(again.frames, from);
  const begin = again.out;
  const samples = again.push(tone.subarray(2 * from)).channels[0]!;
  t.ok(begin <= 16_000);
  t.same(samples.subarray(16_000 - begin), whole.subarray(16_000));
});

t.test(
  'an offset is taken out in front of the resampler, so that a stream does not begin or end with a click',
  async (t) => {
    for (const sampleRate of [8_000, 16_000, 44_100]) {
      const intake = new AudioIntake({ encoding: 'pcm_s16le', sampleRate, channels: 1, channelMode: 'mix' });
      const { channels } = intake.push(bytes(...new Array<number>(sampleRate).fill(HALF)));
      const samples = [...channels[0]!, ...intake.flush()[0]!];
      t.equal(samples.length, 16_000);
      t.ok(
        samples.every((value) => value === 0),
        `${sampleRate} Hz`,
      );
    }
  },
);

t.test('invalid and clipped samples are counted', async (t) => {
  const intake = new AudioIntake({ encoding: 'pcm_f32le', sampleRate: 16_000, channels: 1, channelMode: 'mix' });
  const { invalid, clipped } = intake.push(new Uint8Array(Float32Array.of(Number.NaN, 2, 0).buffer));
  t.same({ invalid, clipped }, { invalid: 1, clipped: 1 });
  t.equal(intake.frameBytes, 4);
});

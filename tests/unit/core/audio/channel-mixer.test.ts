import t from 'tap';
import { ChannelMixer } from '../../../../server/core/audio/channel-mixer.ts';
import fc from '../../../support/fast-check.ts';

const RATE = 16_000;
const SETTLED = RATE / 10;

/** A second of something like a voice: changing tones, never the same twice. */
const voice = (seed: number): Float32Array =>
  Float32Array.from({ length: RATE }, (_, i) => 0.3 * Math.sin(i * 0.11 * seed + Math.sin(i / (900 + 70 * seed)) * 9));
const silence = (): Float32Array => new Float32Array(RATE);
const scaled = (samples: Float32Array, by: number): Float32Array => samples.map((sample) => sample * by);

function interleave(...planes: readonly Float32Array[]): Float32Array {
  return Float32Array.from(
    { length: planes[0]!.length * planes.length },
    (_, i) => planes[i % planes.length]![Math.floor(i / planes.length)]!,
  );
}

/** Root mean square once the weights have settled. */
function level(samples: Float32Array, from = SETTLED, to = samples.length): number {
  const part = samples.subarray(from, to);
  return Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / part.length);
}

const mix = (...planes: readonly Float32Array[]): Float32Array =>
  new ChannelMixer(planes.length, RATE).mix(interleave(...planes));

const isNear = (value: number, wanted: number): boolean => Math.abs(value / wanted - 1) < 0.05;

t.test('a voice is as loud in the mix as in its channel, however many others are silent', async (t) => {
  const spoken = voice(1);
  for (const count of [1, 2, 6])
    for (let channel = 0; channel < count; channel++) {
      const planes = Array.from({ length: count }, (_, i) => (i === channel ? spoken : silence()));
      t.ok(isNear(level(mix(...planes)), level(spoken)), `channel ${channel} of ${count}`);
    }
  t.ok(isNear(level(mix(spoken, spoken)), level(spoken)), 'the same in both');
});

t.test('channels that cancel each other are heard', async (t) => {
  const spoken = voice(1);
  t.ok(isNear(level(mix(spoken, scaled(spoken, -1))), level(spoken)), 'opposite');
  t.ok(isNear(level(mix(spoken, scaled(spoken, -0.7))), level(spoken)), 'opposite and quieter');
  const offset = spoken.map((sample) => sample + 0.2);
  const other = spoken.map((sample) => sample - 0.2);
  t.ok(isNear(level(mix(offset, other).map((sample) => sample)), level(spoken)), 'opposite offsets are no sound');
});

t.test('a voice in the middle stays above what differs between the sides', async (t) => {
  const spoken = voice(1);
  const music = voice(7);
  const left = spoken.map((sample, i) => sample + music[i]!);
  const right = spoken.map((sample, i) => sample - music[i]!);
  const mixed = mix(left, right);
  const error = level(mixed.map((sample, i) => sample - spoken[i]!));
  t.ok(error < 0.05 * level(spoken), `${error}`);
});

t.test('a speaker who begins in another channel is in the mix from the first sample', async (t) => {
  const late = silence();
  late.set(voice(3).subarray(0, RATE / 2), RATE / 2);
  const early = voice(1);
  early.fill(0, RATE / 2);
  const mixed = mix(early, late);
  const first = level(mixed, RATE / 2, RATE / 2 + 160);
  t.ok(first > 0.4 * level(late, RATE / 2, RATE / 2 + 160), `${first}`);
});

t.test('the mix is never louder than full scale, and silence stays silent', async (t) => {
  const loud = scaled(voice(1), 3.3);
  t.ok(mix(loud, voice(2)).every((sample) => Math.abs(sample) <= 1));
  t.ok(mix(silence(), silence()).every((sample) => sample === 0));
});

t.test('the result does not depend on how the samples are cut', async (t) => {
  const samples = interleave(voice(1), scaled(voice(1), -1), voice(4)).subarray(0, 3 * 4_000);
  const whole = new ChannelMixer(3, RATE).mix(samples);
  fc.assert(
    fc.property(fc.array(fc.nat(2_000), { maxLength: 6 }), (cuts) => {
      const mixer = new ChannelMixer(3, RATE);
      const mixed: number[] = [];
      let at = 0;
      for (const frames of [...cuts, 4_000]) {
        mixed.push(...mixer.mix(samples.subarray(at * 3, (at + frames) * 3)));
        at += frames;
      }
      return mixed.length === whole.length && mixed.every((sample, i) => sample === whole[i]);
    }),
    { numRuns: 20 },
  );
  t.pass();
});

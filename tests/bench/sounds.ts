import { randomFrom } from '../support/random.ts';

/** Sounds without words, 16 kHz, the same at every run. */
export const SOUNDS: Readonly<Record<string, (samples: number) => Int16Array>> = {
  silence: (samples) => new Int16Array(samples),
  'white noise': (samples) => generate(samples, (random) => () => (random() * 2 - 1) * 0.1),
  'pink noise': (samples) => generate(samples, pink),
  hum: (samples) =>
    generate(samples, () => (s) => 0.08 * (sine(50, s) + 0.5 * sine(100, s) + 0.3 * sine(150, s) + 0.1 * sine(200, s))),
  keyboard: (samples) => generate(samples, clicks),
  'music-like': (samples) => generate(samples, melody),
  breathing: (samples) => generate(samples, breathing),
};

const sine = (hertz: number, seconds: number): number => Math.sin(2 * Math.PI * hertz * seconds);

function generate(
  samples: number,
  source: (random: () => number) => (seconds: number, index: number) => number,
): Int16Array {
  const at = source(randomFrom(7));
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(Math.max(-1, Math.min(1, at(i / 16_000, i))) * 32_767),
  );
}

/** White noise through three leaky integrators of different speed: about −3 dB an octave. */
function pink(random: () => number): () => number {
  let [slow, middle, fast] = [0, 0, 0];
  return () => {
    const white = random() * 2 - 1;
    slow = 0.997 * slow + 0.03 * white;
    middle = 0.963 * middle + 0.09 * white;
    fast = 0.57 * fast + 0.3 * white;
    return 0.15 * (slow + middle + fast + 0.18 * white);
  };
}

/** Bursts of 8 ms, three to twelve a second with pauses. */
function clicks(random: () => number): (seconds: number, index: number) => number {
  let next = 0;
  let started = -1;
  return (seconds) => {
    if (seconds >= next) {
      started = seconds;
      next = seconds + (random() < 0.08 ? 1 + 2 * random() : 0.08 + 0.25 * random());
    }
    const age = seconds - started;
    return age < 0.03 ? 0.5 * (random() * 2 - 1) * Math.exp(-age / 0.004) : 0.001 * (random() * 2 - 1);
  };
}

/** Chords of decaying tones with three harmonics, two a second. */
function melody(random: () => number): (seconds: number, index: number) => number {
  const scale = [220, 247, 262, 294, 330, 349, 392, 440, 494, 523];
  let notes: number[] = [];
  return (seconds, index) => {
    if (index % 8_000 === 0) notes = [0, 1, 2].map(() => scale[Math.floor(random() * scale.length)]!);
    const fade = Math.exp(-(seconds % 0.5) / 0.3);
    return notes.reduce(
      (sum, note) =>
        sum + 0.08 * fade * (sine(note, seconds) + 0.4 * sine(2 * note, seconds) + 0.2 * sine(3 * note, seconds)),
      0,
    );
  };
}

/** Low noise that swells twice in four seconds: in, out, rest. */
function breathing(random: () => number): (seconds: number, index: number) => number {
  let low = 0;
  return (seconds) => {
    low = 0.8 * low + 0.2 * (random() * 2 - 1);
    const phase = seconds % 4;
    const swell =
      phase < 1.2
        ? Math.sin((Math.PI * phase) / 1.2)
        : phase < 1.5 || phase > 3
          ? 0
          : 0.7 * Math.sin((Math.PI * (phase - 1.5)) / 1.5);
    return 0.25 * swell * low + 0.001 * (random() * 2 - 1);
  };
}

/** The samples over and over, up to the given length. */
export function loop(samples: Int16Array, length: number): Int16Array {
  return Int16Array.from({ length }, (_, i) => samples[i % samples.length]!);
}

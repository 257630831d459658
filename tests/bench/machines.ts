import { chooseThreadCount } from '../../server/engine/child/threads.ts';

/** What decodes cost on a machine with one model, on one thread. */
export interface Machine {
  readonly cores: number;
  /** Frames of the window (20 ms each) and seconds of the encoder, rising; between two of them it is linear. */
  readonly encoder: readonly (readonly [frames: number, seconds: number])[];
  /** Seconds of one token, which the decoder's threads do not make faster. */
  readonly tokenS: number;
  /** How much faster the encoder is with all cores than with one. */
  readonly speedup: number;
}

/** Everything in a decode besides encoder and tokens: the spectrogram, the prompt and the times of words, in tokens. */
const OVERHEAD_TOKENS = 12;
const TOKENS_PER_WORD = 1.4;

/**
 * Measured with one thread on two cores of an AMD EPYC (Zen 3, AVX2, 2.45 GHz) before AVX2 had kernels of its own. Two threads
 * against one were measured on two cores with AVX-512.
 */
export const MACHINES: Readonly<Record<string, Machine>> = {
  'avx2-2-core-base': {
    cores: 2,
    encoder: [
      [0, 0],
      [512, 0.4],
      [1500, 1.4],
    ],
    tokenS: 0.007,
    speedup: 1.58,
  },
  'avx2-2-core-tiny.en': {
    cores: 2,
    encoder: [
      [0, 0],
      [512, 0.163],
      [544, 0.22],
      [1500, 0.68],
    ],
    tokenS: 0.004,
    speedup: 1.58,
  },
};

/** A machine of the table; `NAME*2` is one that takes twice as long. */
export function findMachine(name: string): Machine {
  const [known = '', factor = '1'] = name.split('*');
  const machine = MACHINES[known];
  const times = Number(factor);
  if (machine === undefined || !(times > 0))
    throw new Error(`No machine ${name}: choose ${Object.keys(MACHINES).join(' or ')}, with *FACTOR for a slower one.`);
  const encoder = machine.encoder.map(([frames, seconds]) => [frames, seconds * times] as const);
  return { ...machine, encoder, tokenS: machine.tokenS * times };
}

/** Seconds of a decode that starts while `running` run, with it: threads are chosen as the worker chooses them. */
export function decodeSeconds(machine: Machine, running: number, frames: number, words: number): number {
  const threads = chooseThreadCount(machine.cores, running);
  const speedup = 1 + ((machine.speedup - 1) * (threads - 1)) / Math.max(1, machine.cores - 1);
  const tokens = words * TOKENS_PER_WORD + OVERHEAD_TOKENS;
  return interpolate(machine.encoder, frames) / speedup + tokens * machine.tokenS;
}

function interpolate(points: Machine['encoder'], frames: number): number {
  const at = points.findIndex(([known]) => known >= frames);
  if (at <= 0) return points.at(at)![1];
  const [[x0, y0], [x1, y1]] = [points[at - 1]!, points[at]!];
  return y0 + ((frames - x0) / (x1 - x0)) * (y1 - y0);
}

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Addon, loadNative, NativeModel } from '../../server/engine/native/binding.ts';
import { FINAL_WINDOW_FLOOR, FULL_WINDOW } from '../../server/engine/native/defaults.ts';
import { ENCODING } from './engine-profile.ts';
import { decoderOf } from './native-decoder.ts';
import { median, table } from './report.ts';

interface Timed {
  readonly speech: Float32Array;
  readonly runs: number;
}

interface Took {
  readonly encode: number;
  readonly whole: number;
  readonly token: number;
  readonly text: string;
}

type Decoder = (samples: Float32Array, floor: number) => Promise<Took>;

/**
 * The same decodes by this build and by another, in turn, so that other work on the machine slows both. Medians, and the
 * ratio of the medians. The other build is one of the same interface: an older commit's.
 */
export async function compareBuilds(path: string, other: string, { speech, runs }: Timed): Promise<string> {
  const decoders = [decoderBy(loadOther(other), path), decoderBy(loadNative(), path)];
  const rows: (string | number)[][] = [
    [
      'decode',
      'encode, other ms',
      'ours',
      'ratio',
      'whole, other CPU ms',
      'ours',
      'ratio',
      'token, other ms',
      'ours',
      'ratio',
      'text',
    ],
  ];
  for (const [seconds, floor] of [
    [5, FINAL_WINDOW_FLOOR],
    [10, 0],
    [25, FULL_WINDOW],
  ] as const) {
    const samples = speech.slice(0, seconds * 16_000);
    const taken: Took[][] = [[], []];
    for (let run = 0; run < runs; run++) {
      for (const [at, decoder] of decoders.entries()) taken[at]!.push(await decoder(samples, floor));
    }
    const cells = (['encode', 'whole', 'token'] as const).flatMap((what) => {
      const [theirs, ours] = taken.map((each) => median(each.map((took) => took[what])));
      return [theirs!, ours!, ours! / theirs!];
    });
    const same = taken[0]![0]!.text === taken[1]![0]!.text;
    rows.push([`${seconds} s${floor > 0 ? `, at least ${floor} frames` : ''}`, ...cells, same ? 'same' : 'differs']);
  }
  return table(rows);
}

function loadOther(path: string): Addon {
  return createRequire(import.meta.url)(resolve(path)) as Addon;
}

function decoderBy(addon: Addon, path: string): Decoder {
  const model = new addon.Model(path);
  let id = 0;
  return async (samples, windowFloor) => {
    const before = process.cpuUsage();
    const decode = await model.decode(++id, samples, {
      samples,
      language: 'en',
      languages: [],
      translate: false,
      prompt: '',
      prefix: '',
      draft: '',
      // Asked of by builds up to version 0.1.
      whisperLoop: false,
      windowFloor,
      threads: 1,
      wordTimes: true,
      timestamps: false,
      beamSize: 1,
      temperatures: [0],
    });
    const { user, system } = process.cpuUsage(before);
    return {
      encode: decode.encodeMs,
      whole: (user + system) / 1_000,
      token: decode.decodeMs / (decode.tokens + 1),
      text: decode.words.map(({ text }) => text).join(' '),
    };
  };
}

const ENCODER_FRAMES = [512, 1_500] as const;
/** The least of so many counts, on either side. */
const RUNS_OF_ENCODER = 3;

/** Steps of ours that CTranslate2 does not count as encoding. */
const BESIDE_ENCODER = ['spectrogram', '8-bit products, keys and values', 'keys and values of the decoder'];
/** What keeps CTranslate2, and the two libraries it multiplies with, to the instructions of the kernels that ours uses. */
const INSTRUCTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AVX2: { CT2_FORCE_CPU_ISA: 'AVX2', MKL_ENABLE_INSTRUCTIONS: 'AVX2', ONEDNN_MAX_CPU_ISA: 'AVX2' },
  'AVX-VNNI': { CT2_FORCE_CPU_ISA: 'AVX2', MKL_ENABLE_INSTRUCTIONS: 'AVX2_E1', ONEDNN_MAX_CPU_ISA: 'AVX2_VNNI' },
};

/**
 * The encoder alone beside CTranslate2 with int8 weights, in turn. Its weights are random and of the same shape: the time of a
 * product does not depend on its values. Processor time, which other work on the machine disturbs least. "With the rest" is
 * ours with the spectrogram and the keys and values that the decoder looks at, which CTranslate2 computes elsewhere.
 * Installs CTranslate2 from PyPI into a virtual environment of its own.
 */
export async function compareCTranslate2(path: string, runs: number, venv: string): Promise<string> {
  const folder = venv === '' ? join(tmpdir(), 'sotto-bench-ctranslate2') : venv;
  const python = join(folder, 'bin', 'python');
  if (!existsSync(python)) {
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
    execFileSync(join(folder, 'bin', 'pip'), ['install', '-q', 'ctranslate2', 'numpy'], { stdio: 'inherit' });
  }
  const model = NativeModel.load(path);
  const decode = decoderOf(model);
  const script = fileURLToPath(new URL('engine-ctranslate2.py', import.meta.url));
  const theirs = (frames: number): number =>
    Number(
      execFileSync(python, [script, model.info.type.replace(/\.en$/, ''), String(frames), folder], {
        encoding: 'utf8',
        env: { ...process.env, ...INSTRUCTIONS[diagnostics.kernels] },
      }),
    );
  const rows: (string | number)[][] = [
    ['encoder, one thread, CPU ms', 'CTranslate2 int8', 'ours', 'ratio', 'with the rest', 'ratio'],
  ];
  const { diagnostics } = loadNative();
  const ours = async (frames: number): Promise<[alone: number, whole: number]> => {
    let least: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let run = 0; run < RUNS_OF_ENCODER; run++) {
      diagnostics.beginProfile();
      await decode(new Float32Array(16_000), frames);
      const profile = diagnostics.endProfile();
      const whole = profile[ENCODING]!.ms;
      const beside = BESIDE_ENCODER.reduce((sum, step) => sum + profile[step]!.ms, 0);
      least = [Math.min(least[0], whole - beside), Math.min(least[1], whole)];
    }
    return least;
  };
  for (const frames of ENCODER_FRAMES) {
    await ours(frames);
    const times: number[][] = [];
    for (let run = 0; run < runs; run++) times.push([theirs(frames), ...(await ours(frames))]);
    const [their, alone, whole] = [0, 1, 2].map((at) => median(times.map((each) => each[at]!)));
    rows.push([`${frames} frames`, their!, alone!, alone! / their!, whole!, whole! / their!]);
  }
  return table(rows);
}

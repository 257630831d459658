import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t, { type Test } from 'tap';
import { writeRandomModel } from '../../../server/engine/child/random-model.ts';
import { isNativeBuilt, NativeModel } from '../../../server/engine/native/binding.ts';
import { getPackageRoot } from '../../../server/engine/native/locate.ts';
import { compileEngineProgram, runProgram } from '../../support/engine-program.ts';
import { wavOf } from '../../support/wav-of.ts';

if (!isNativeBuilt()) throw new Error('The native engine is not built: node server/engine/native/build.mjs');

const CROSS = { platform: 'linux', arch: 'arm64', cc: 'aarch64-linux-gnu-gcc', cxx: 'aarch64-linux-gnu-g++' };
const EMULATOR = 'qemu-aarch64';
/** Processors that the emulator knows, and the sets of kernels that they run. */
const PROCESSORS: Readonly<Record<string, readonly string[]>> = {
  max: ['NEON i8mm', 'NEON dotprod', 'NEON'],
  'cortex-a76': ['NEON dotprod', 'NEON'],
  'cortex-a72': ['NEON'],
};
/** One short sentence of 3.2 s, whose words no rounding changes: an emulator is 50 times as slow as a processor. */
const RECORDING = join(getPackageRoot(), 'tests', 'fixtures', 'speech', 'jfk.wav');
const RATE = 16_000;
const FROM = 7.8 * RATE;
const TEXT = 'ask what you can do for your country.';

function findMissing(): string | false {
  if (process.platform !== 'linux') return 'the emulator runs on Linux only';
  const missing = [CROSS.cc, CROSS.cxx, EMULATOR].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
  if (missing.length > 0) return `${missing.join(', ')} not found (Debian: g++-aarch64-linux-gnu qemu-user)`;
  const known = spawnSync(EMULATOR, ['-cpu', 'help'], { encoding: 'utf8' }).stdout.split(/\s+/);
  const unknown = Object.keys(PROCESSORS).filter((processor) => !known.includes(processor));
  return unknown.length > 0 && `${EMULATOR} does not know ${unknown.join(', ')}; version 7.2 does`;
}

async function decodeHere(path: string, samples: Float32Array): Promise<string> {
  const model = NativeModel.load(path);
  const options = { language: 'en', languages: [], task: 'transcribe', prompt: '', prefix: '' } as const;
  const { text } = await model.decode({ ...options, samples, windowFloor: 0, threads: 1, wordTimes: true });
  model.close();
  return text;
}

t.test('64-bit ARM processors compute and write what this one does', { skip: findMissing() }, async (t) => {
  const folder = t.testdir();
  const { program, warnings } = await compileEngineProgram(CROSS, folder);
  t.equal(warnings, '', 'our sources compile without warnings');

  const wav = readFileSync(RECORDING);
  const spoken = new Int16Array(wav.buffer.slice(wav.byteOffset + 44 + FROM * 2, wav.byteOffset + wav.byteLength));
  const audio = join(folder, 'audio.wav');
  writeFileSync(audio, wavOf(spoken));
  const samples = Float32Array.from(spoken, (value) => value / 32_768);
  const random = join(folder, 'random.bin');
  writeRandomModel(random, { vocabulary: 51_865, melBands: 80, type: 'q8_0', width: 128 });
  const trained = join(getPackageRoot(), 'models', 'embedded', 'ggml-tiny.en-q8_0.bin');
  t.equal(await decodeHere(trained, samples), TEXT);
  const expected = new Map([
    [trained, TEXT],
    [random, await decodeHere(random, samples)],
  ]);

  const runOn = async (t: Test, processor: string): Promise<void> => {
    const run = (...args: string[]) => runProgram(EMULATOR, ['-cpu', processor, program, ...args]);
    const sets = await run('sets');
    t.same(sets.stdout.trim().split('\n'), PROCESSORS[processor], `${processor}: the sets, the best first`);
    const checks = await run('check');
    const failed = checks.stdout.split('\n').filter((line) => line.startsWith('not ok'));
    t.same(failed, [], `${processor}: every kernel is within its limit`);
    t.match(checks, { status: 0, stdout: /^ok many columns/ }, `${processor}: kernels are checked`);
    for (const [model, text] of expected) {
      const { stdout, stderr } = await run('decode', model, audio);
      t.equal(stdout.split('\n')[0]!.trim(), text, `${processor}: the text of ${basename(model)} ${stderr}`);
    }
  };
  await Promise.all(Object.keys(PROCESSORS).map((processor) => runOn(t, processor)));
});

import t from 'tap';
import { isNativeBuilt, loadNative } from '../../../server/engine/native/binding.ts';

if (!isNativeBuilt()) throw new Error('The native engine is not built: node server/engine/native/build.mjs');

const { diagnostics } = loadNative();
const native = diagnostics.kernels;
t.teardown(() => diagnostics.selectKernels(native));

/** The sets that are compiled, and the instructions that a processor needs for each. */
const SETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  x64: { 'AVX-512 VNNI': 'AVX-512 F, BW, VL, DQ, CD and VNNI', 'AVX-VNNI': 'AVX-VNNI', AVX2: 'AVX2, FMA and F16C' },
  arm64: { 'NEON i8mm': 'i8mm', 'NEON dotprod': 'dotprod', NEON: 'NEON' },
};
const OPERATIONS = 12;

t.test('the best kernels for this machine are selected first', async (t) => {
  if (process.env['SOTTO_KERNELS'] === undefined) t.equal(native, diagnostics.kernelSets[0]);
  t.throws(() => diagnostics.selectKernels('abacus'), { message: /abacus/ });
  t.equal(diagnostics.kernels, native);
});

for (const [kernels, instructions] of Object.entries(SETS[process.arch] ?? {})) {
  const skip = diagnostics.kernelSets.includes(kernels) ? false : `this processor lacks ${instructions}`;
  t.test(`kernels ${kernels} compute what plain loops do`, { skip }, async (t) => {
    diagnostics.selectKernels(kernels);
    const checks = diagnostics.checkKernels();
    t.equal(checks.length, OPERATIONS);
    for (const { name, error, limit } of checks) t.ok(error <= limit, `${name}: ${error} of at most ${limit}`);
  });
}

import t from 'tap';
import { isNativeBuilt, loadNative } from '../../../server/engine/native/binding.ts';
import { computeSteps, readCases, summarizeStep } from './native-logits.ts';

if (!isNativeBuilt()) throw new Error('The native engine is not built: node server/engine/native/build.mjs');

const { diagnostics } = loadNative();
const native = diagnostics.kernels;
t.teardown(() => diagnostics.selectKernels(native));

interface Tolerance {
  /** Of log probabilities and their mean. */
  readonly value: number;
  readonly deviation: number;
}

/**
 * The fixture is what whisper.cpp itself computes, with its own loops. Both sides round activations to 8 bits, so that a
 * sum in another order now and then moves a value across the edge of its step, and that moves log probabilities: by up to
 * 0.3 in the fixture. With AVX2, activations of the encoder have 7 bits.
 */
const TOLERANCE: Tolerance = { value: 0.4, deviation: 0.04 };
const TOLERANCE_7_BITS: Tolerance = { value: 0.6, deviation: 0.04 };

for (const kernels of diagnostics.kernelSets) {
  for (const each of readCases()) {
    const name = `${kernels}: ${each.model} finds the known probabilities in ${each.file}`;
    t.test(name, async (t) => {
      const tolerance = kernels === 'AVX2' ? TOLERANCE_7_BITS : TOLERANCE;
      diagnostics.selectKernels(kernels);
      const found = computeSteps(diagnostics, each);
      t.equal(found.length, each.steps.length);
      for (const [i, expected] of each.steps.entries()) {
        const { top, mean, deviation } = summarizeStep(found[i]!);
        t.equal(top[0]![0], expected.top[0]![0], `step ${i}: the most probable token`);
        const moved = expected.top.map(([id, value]) => Math.abs(found[i]![id]! - value));
        t.ok(Math.max(...moved) <= tolerance.value, `step ${i}: the best log probabilities moved by ${moved}`);
        t.ok(Math.abs(mean - expected.mean) <= tolerance.value, `step ${i}: mean ${mean} for ${expected.mean}`);
        t.ok(
          Math.abs(deviation - expected.deviation) <= tolerance.deviation,
          `step ${i}: deviation ${deviation} for ${expected.deviation}`,
        );
      }
    });
  }
}

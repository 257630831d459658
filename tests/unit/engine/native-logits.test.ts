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
 * The fixture is of AVX-512 VNNI. Sums in another order now and then move a value across the edge of its 8-bit step, which
 * moves log probabilities by up to 0.06 between our products, and by up to 0.3 between ours and the library's (which are
 * also those of machines without AVX2).
 */
const OUR_PRODUCTS: Tolerance = { value: 0.15, deviation: 0.002 };
const LIBRARY_PRODUCTS: Tolerance = { value: 0.6, deviation: 0.04 };

const toleranceOf = (kernels: string): Tolerance =>
  /^AVX(-512|-VNNI|2)/.test(kernels) ? OUR_PRODUCTS : LIBRARY_PRODUCTS;

for (const kernels of [...diagnostics.kernelSets, 'library']) {
  for (const each of readCases()) {
    const name = `${kernels}: ${each.model} finds the known probabilities in ${each.file}`;
    t.test(name, async (t) => {
      const tolerance = toleranceOf(kernels);
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

import t, { type Test } from 'tap';
import { isNativeBuilt, loadNative } from '../../../server/engine/native/binding.ts';
import { randomFrom } from '../../support/random.ts';

if (!isNativeBuilt()) throw new Error('The native engine is not built: node server/engine/native/build.mjs');

const { diagnostics } = loadNative();
const native = diagnostics.kernels;
t.teardown(() => diagnostics.selectKernels(native));

/** Of rounding alone: sums of up to 5,120 floats in another order. */
const ERROR_MAX = 1e-6;
/** The library keeps attention's sums in halves. */
const ATTENTION_ERROR_MAX = 5e-3;
/** The library looks the activation up in a table of halves, by an input in halves. */
const GELU_ERROR_MAX = 5e-3;
const RANDOM_SHAPES = 100;
/** The sets that the build compiles, with what a processor needs for them. */
const SETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  x64: { 'AVX-512 VNNI': 'AVX-512 F, BW, VL, DQ, CD and VNNI', 'AVX-VNNI': 'AVX-VNNI', AVX2: 'AVX2, FMA and F16C' },
  arm64: { 'NEON i8mm': 'i8mm', 'NEON dotprod': 'dotprod', NEON: 'NEON' },
};

const random = randomFrom(7);
const whole = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));

interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly length: number;
  readonly type: 'q8_0' | 'f16';
  readonly threads: number;
}

function checkProduct(t: Test, shape: Shape, seed: number): void {
  const { plain, library, libraryPlain } = diagnostics.checkProduct({ ...shape, seed });
  const name = `${JSON.stringify(shape)}, seed ${seed}`;
  t.ok(libraryPlain <= ERROR_MAX, `${name}: the library differs by ${libraryPlain} from plain loops`);
  t.ok(plain <= ERROR_MAX, `${name}: ours differs by ${plain} from plain loops`);
  t.ok(library <= 2 * ERROR_MAX, `${name}: ours differs by ${library} from the library's`);
}

function testKernels(t: Test): void {
  t.test('products of quantized weights are those of plain loops and of the library, in any shape', async (t) => {
    let seed = 1;
    // Every remainder of columns (1-5 have a kernel of their own, then tiles of six or twelve) and of rows (panels of 16).
    for (let columns = 1; columns <= 26; columns++) {
      for (const rows of [1, 15, 16, 17, 33, 51])
        checkProduct(t, { rows, columns, length: 32 * whole(1, 5), type: 'q8_0', threads: 1 }, seed++);
    }
    for (let i = 0; i < RANDOM_SHAPES; i++) {
      const shape = { rows: whole(1, 200), columns: whole(1, 90), length: 32 * whole(1, 24), threads: whole(1, 3) };
      checkProduct(t, { ...shape, type: 'q8_0' }, seed++);
    }
    // More columns than are packed at once, and the widest rows of any published model.
    checkProduct(t, { rows: 48, columns: 131, length: 5_120, type: 'q8_0', threads: 2 }, seed++);
    checkProduct(t, { rows: 18, columns: 900, length: 384, type: 'q8_0', threads: 1 }, seed++);
  });

  t.test('products of half floats are those of plain loops and of the library, in any shape', async (t) => {
    for (let seed = 0; seed < RANDOM_SHAPES; seed++) {
      // One column has a kernel of its own.
      const columns = seed % 3 === 0 ? whole(2, 40) : 1;
      checkProduct(t, { rows: whole(1, 200), columns, length: whole(1, 300), type: 'f16', threads: whole(1, 3) }, seed);
    }
  });

  t.test('attention of an encoder is that of plain loops and of the library', async (t) => {
    const shapes: [number, number][] = [
      [6, 64],
      [7, 65],
      [24, 100],
      [25, 257],
      [64, 64],
      [97, 300],
      [130, 513],
    ];
    for (let i = 0; i < RANDOM_SHAPES / 10; i++) shapes.push([whole(6, 150), whole(64, 400)]);
    for (const [seed, [queries, keys]] of shapes.entries()) {
      const shape = { queries, keys, heads: whole(1, 3), threads: whole(1, 3), seed };
      const { plain, library } = diagnostics.checkAttention(shape);
      t.ok(plain <= ERROR_MAX * 2, `${JSON.stringify(shape)}: ${plain} from plain loops`);
      t.ok(library <= ATTENTION_ERROR_MAX, `${JSON.stringify(shape)}: ${library} from the library's`);
    }
  });

  t.test('the im2col of a convolution is to the bit the library’s', async (t) => {
    const lengths = [1, 2, 31, 32, 33, 63, 64, 65, 100, 129];
    for (let i = 0; i < RANDOM_SHAPES / 5; i++) lengths.push(whole(1, 400));
    for (const [seed, length] of lengths.entries()) {
      for (const stride of [1, 2] as const) {
        const shape = { length, channels: whole(1, 9), stride, threads: whole(1, 3), seed };
        t.ok(diagnostics.checkIm2col(shape), JSON.stringify(shape));
      }
    }
  });

  t.test('the activation is that of plain loops and nearly the library’s', async (t) => {
    const counts = [1, 15, 16, 17, 255, 256, 257];
    for (let i = 0; i < RANDOM_SHAPES / 5; i++) counts.push(whole(1, 3_000));
    for (const [seed, count] of counts.entries()) {
      const shape = { count, threads: whole(1, 3), seed };
      const { plain, library } = diagnostics.checkGelu(shape);
      t.ok(plain <= ERROR_MAX, `${JSON.stringify(shape)}: ${plain} from plain loops`);
      t.ok(library <= GELU_ERROR_MAX, `${JSON.stringify(shape)}: ${library} from the library's`);
    }
  });
  t.end();
}

t.test('the widest kernels that this processor runs are selected first', async (t) => {
  t.equal(diagnostics.kernels, diagnostics.kernelSets[0]);
  t.throws(() => diagnostics.selectKernels('abacus'), { message: /abacus/ });
});

for (const kernels of diagnostics.kernelSets) {
  t.test(`kernels ${kernels}`, (t) => {
    diagnostics.selectKernels(kernels);
    testKernels(t);
  });
}

for (const [kernels, instructions] of Object.entries(SETS[process.arch] ?? {})) {
  if (diagnostics.kernelSets.includes(kernels)) continue;
  t.test(`kernels ${kernels}`, { skip: `this processor or its compiler lacks ${instructions}` }, () => {});
}

t.test('a shape that is none is refused', async (t) => {
  const shape = { rows: 4, columns: 2, length: 33, type: 'q8_0', threads: 1, seed: 1 } as const;
  t.throws(() => diagnostics.checkProduct(shape), { message: /whole blocks/ });
});

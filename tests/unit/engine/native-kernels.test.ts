import t, { type Test } from 'tap';
import { isNativeBuilt, loadNative } from '../../../server/engine/native/binding.ts';
import { randomFrom } from '../../support/random.ts';

if (!isNativeBuilt()) throw new Error('The native engine is not built: node server/engine/native/build.mjs');

const { diagnostics } = loadNative();
/** Of rounding alone: sums of up to 5,120 floats in another order. */
const ERROR_MAX = 1e-6;
/** The library keeps attention's sums in halves. */
const ATTENTION_ERROR_MAX = 5e-3;
const RANDOM_SHAPES = 150;

const random = randomFrom(7);
const whole = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));

interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly length: number;
  readonly type: 'q8_0' | 'f16';
  readonly threads: number;
}

function check(t: Test, shape: Shape, seed: number): void {
  const { plain, library, libraryPlain } = diagnostics.checkProduct({ ...shape, seed });
  const name = `${JSON.stringify(shape)}, seed ${seed}`;
  t.ok(libraryPlain <= ERROR_MAX, `${name}: the library differs by ${libraryPlain} from plain loops`);
  t.ok(plain <= ERROR_MAX, `${name}: ours differs by ${plain} from plain loops`);
  t.ok(library <= 2 * ERROR_MAX, `${name}: ours differs by ${library} from the library's`);
}

t.test('products of quantised weights are those of plain loops and of the library, in any shape', async (t) => {
  let seed = 1;
  // Every remainder of columns (1-5 are a kernel of their own, then tiles of six or twelve) and of rows (panels of 16).
  for (let columns = 1; columns <= 26; columns++) {
    for (const rows of [1, 15, 16, 17, 33, 51])
      check(t, { rows, columns, length: 32 * whole(1, 5), type: 'q8_0', threads: 1 }, seed++);
  }
  for (let i = 0; i < RANDOM_SHAPES; i++) {
    const shape = { rows: whole(1, 200), columns: whole(1, 90), length: 32 * whole(1, 24), threads: whole(1, 3) };
    check(t, { ...shape, type: 'q8_0' }, seed++);
  }
  // More columns than are laid out at once, and the widest rows of any published model.
  check(t, { rows: 48, columns: 131, length: 5_120, type: 'q8_0', threads: 2 }, seed++);
  check(t, { rows: 18, columns: 900, length: 384, type: 'q8_0', threads: 1 }, seed++);
});

t.test('products of half floats are those of plain loops and of the library, in any shape', async (t) => {
  for (let seed = 0; seed < RANDOM_SHAPES; seed++) {
    // One column is a kernel of its own.
    const columns = seed % 3 === 0 ? whole(2, 40) : 1;
    check(t, { rows: whole(1, 200), columns, length: whole(1, 300), type: 'f16', threads: whole(1, 3) }, seed);
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
  for (const [frames, seen] of shapes) {
    for (const threads of [1, 2]) {
      const { plain, library } = diagnostics.checkAttention({ frames, seen, heads: 3, threads, seed: frames + seen });
      t.ok(plain <= ERROR_MAX * 2, `${frames} frames that see ${seen}, ${threads} threads: ${plain} from plain loops`);
      t.ok(library <= ATTENTION_ERROR_MAX, `${frames} frames that see ${seen}: ${library} from the library's`);
    }
  }
});

t.test('windows of a convolution are the library’s', async (t) => {
  for (const length of [1, 2, 31, 32, 33, 63, 64, 65, 100, 129]) {
    for (const stride of [1, 2] as const) {
      const shape = { length, channels: whole(1, 9), stride, threads: whole(1, 3), seed: length };
      t.ok(diagnostics.checkWindows(shape), JSON.stringify(shape));
    }
  }
});

t.test('a shape that is none is refused', async (t) => {
  const shape = { rows: 4, columns: 2, length: 33, type: 'q8_0', threads: 1, seed: 1 } as const;
  t.throws(() => diagnostics.checkProduct(shape), { message: /whole blocks/ });
});

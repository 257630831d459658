/** Real and imaginary parts of complex values. */
export interface ComplexValues {
  readonly real: Float64Array;
  readonly imag: Float64Array;
}

/** One turn of the circle in as many steps as the transform is long. */
interface Twiddles {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** One stage: `length` values in each of `stride` transforms, split by the radix. */
interface StageSize {
  readonly length: number;
  readonly stride: number;
}

type Stage = (from: ComplexValues, to: ComplexValues, size: StageSize, twiddles: Twiddles) => void;

/** cos and sin of one and two fifths of a turn. */
const [C1, C2] = [Math.cos((2 * Math.PI) / 5), Math.cos((4 * Math.PI) / 5)];
const [S1, S2] = [Math.sin((2 * Math.PI) / 5), Math.sin((4 * Math.PI) / 5)];

/**
 * Discrete Fourier transform of complex values whose number is a product of fours and fives, such as the 400 of a Whisper frame,
 * which libraries for powers of two leave out. Stockham's algorithm with stages of radix 4 and 5: what it writes is in order
 * (Van Loan, Computational Frameworks for the Fast Fourier Transform, 1992, 1.7).
 */
export class FourierTransform {
  readonly #stages: readonly (StageSize & { readonly run: Stage })[];
  readonly #twiddles: Twiddles;
  readonly #work: ComplexValues;

  /** Throws a `RangeError` for a length that has other factors. */
  constructor(length: number) {
    const stages: (StageSize & { run: Stage })[] = [];
    for (let rest = length, stride = 1; rest > 1; ) {
      const radix = rest % 4 === 0 ? 4 : 5;
      if (rest % radix !== 0) throw new RangeError(`${length} is not a product of fours and fives.`);
      stages.push({ length: rest, stride, run: radix === 4 ? runRadix4 : runRadix5 });
      rest /= radix;
      stride *= radix;
    }
    this.#stages = stages;
    const angles = Float64Array.from({ length }, (_, i) => (-2 * Math.PI * i) / length);
    this.#twiddles = { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
    this.#work = { real: new Float64Array(length), imag: new Float64Array(length) };
  }

  /** Replaces the values by their transform. */
  transform(values: ComplexValues): void {
    let [from, to] = [values, this.#work];
    for (const { run, ...size } of this.#stages) {
      run(from, to, size, this.#twiddles);
      [from, to] = [to, from];
    }
    if (from === values) return;
    values.real.set(from.real);
    values.imag.set(from.imag);
  }
}

function runRadix4(
  from: ComplexValues,
  to: ComplexValues,
  { length, stride }: StageSize,
  { cos, sin }: Twiddles,
): void {
  const { real: xr, imag: xi } = from;
  const { real: yr, imag: yi } = to;
  const part = length / 4;
  const step = part * stride;
  for (let j = 0; j < part; j++) {
    const w = j * stride;
    for (let q = 0; q < stride; q++) {
      const a = q + stride * j;
      const b = a + step;
      const c = b + step;
      const d = c + step;
      const evenSumR = xr[a]! + xr[c]!;
      const evenSumI = xi[a]! + xi[c]!;
      const evenGapR = xr[a]! - xr[c]!;
      const evenGapI = xi[a]! - xi[c]!;
      const oddSumR = xr[b]! + xr[d]!;
      const oddSumI = xi[b]! + xi[d]!;
      const oddGapR = xr[b]! - xr[d]!;
      const oddGapI = xi[b]! - xi[d]!;
      const out = q + stride * 4 * j;
      yr[out] = evenSumR + oddSumR;
      yi[out] = evenSumI + oddSumI;
      rotate(to, out + stride, evenGapR + oddGapI, evenGapI - oddGapR, cos[w]!, sin[w]!);
      rotate(to, out + 2 * stride, evenSumR - oddSumR, evenSumI - oddSumI, cos[2 * w]!, sin[2 * w]!);
      rotate(to, out + 3 * stride, evenGapR - oddGapI, evenGapI + oddGapR, cos[3 * w]!, sin[3 * w]!);
    }
  }
}

function runRadix5(
  from: ComplexValues,
  to: ComplexValues,
  { length, stride }: StageSize,
  { cos, sin }: Twiddles,
): void {
  const { real: xr, imag: xi } = from;
  const { real: yr, imag: yi } = to;
  const part = length / 5;
  const step = part * stride;
  for (let j = 0; j < part; j++) {
    const w = j * stride;
    for (let q = 0; q < stride; q++) {
      const a = q + stride * j;
      const [b, c, d, e] = [a + step, a + 2 * step, a + 3 * step, a + 4 * step] as const;
      // Sums and gaps of the values that lie opposite each other on the circle: b and e, c and d.
      const beR = xr[b]! + xr[e]!;
      const beI = xi[b]! + xi[e]!;
      const beGapR = xr[b]! - xr[e]!;
      const beGapI = xi[b]! - xi[e]!;
      const cdR = xr[c]! + xr[d]!;
      const cdI = xi[c]! + xi[d]!;
      const cdGapR = xr[c]! - xr[d]!;
      const cdGapI = xi[c]! - xi[d]!;
      const firstR = xr[a]! + C1 * beR + C2 * cdR;
      const firstI = xi[a]! + C1 * beI + C2 * cdI;
      const secondR = xr[a]! + C2 * beR + C1 * cdR;
      const secondI = xi[a]! + C2 * beI + C1 * cdI;
      const turnR = S1 * beGapI + S2 * cdGapI;
      const turnI = S1 * beGapR + S2 * cdGapR;
      const backR = S2 * beGapI - S1 * cdGapI;
      const backI = S2 * beGapR - S1 * cdGapR;
      const out = q + stride * 5 * j;
      yr[out] = xr[a]! + beR + cdR;
      yi[out] = xi[a]! + beI + cdI;
      rotate(to, out + stride, firstR + turnR, firstI - turnI, cos[w]!, sin[w]!);
      rotate(to, out + 2 * stride, secondR + backR, secondI - backI, cos[2 * w]!, sin[2 * w]!);
      rotate(to, out + 3 * stride, secondR - backR, secondI + backI, cos[3 * w]!, sin[3 * w]!);
      rotate(to, out + 4 * stride, firstR - turnR, firstI + turnI, cos[4 * w]!, sin[4 * w]!);
    }
  }
}

/** Stores a value, turned by the angle of these, at an index. */
function rotate(to: ComplexValues, at: number, real: number, imag: number, cos: number, sin: number): void {
  to.real[at] = real * cos - imag * sin;
  to.imag[at] = real * sin + imag * cos;
}

/** Weights, the constant first, of a logistic regression with a little shrinkage: Newton's method, a dozen steps. */
export function fit(rows: readonly (readonly number[])[], truths: readonly boolean[]): number[] {
  const size = (rows[0]?.length ?? 0) + 1;
  let weights = new Array<number>(size).fill(0);
  for (let step = 0; step < 12; step++) {
    const gradient = weights.map((weight, i) => (i === 0 ? 0 : -weight));
    const curve = Array.from({ length: size }, (_, i) =>
      new Array<number>(size).fill(0).map((_, j) => (i === j ? 1 : 0)),
    );
    for (const [n, row] of rows.entries()) {
      const chance = predict(weights, row);
      const terms = [1, ...row];
      for (let i = 0; i < size; i++) {
        gradient[i]! += ((truths[n] ? 1 : 0) - chance) * terms[i]!;
        for (let j = 0; j < size; j++) curve[i]![j]! += chance * (1 - chance) * terms[i]! * terms[j]!;
      }
    }
    const change = solve(curve, gradient);
    weights = weights.map((weight, i) => weight + change[i]!);
  }
  return weights;
}

export function predict([base = 0, ...weights]: readonly number[], row: readonly number[]): number {
  return 1 / (1 + Math.exp(-weights.reduce((sum, weight, i) => sum + weight * row[i]!, base)));
}

/** The share of pairs of a true and a false case in which the true one has the greater chance (area under the ROC curve). */
export function separation(chances: readonly number[], truths: readonly boolean[]): number {
  const order = chances.map((chance, i) => ({ chance, truth: truths[i]! })).toSorted((a, b) => a.chance - b.chance);
  let ranks = 0;
  for (let from = 0; from < order.length; ) {
    const after = order.findIndex(({ chance }, i) => i >= from && chance !== order[from]!.chance);
    const to = after < 0 ? order.length : after;
    const rank = (from + to + 1) / 2;
    ranks += order.slice(from, to).filter(({ truth }) => truth).length * rank;
    from = to;
  }
  const trues = truths.filter(Boolean).length;
  return (ranks - (trues * (trues + 1)) / 2) / (trues * (truths.length - trues));
}

/** Gauss's elimination with the largest pivot. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let at = 0; at < rows.length; at++) {
    const pivot = rows.slice(at).reduce((best, row) => (Math.abs(row[at]!) > Math.abs(best[at]!) ? row : best));
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(at, 0, pivot);
    for (const [i, row] of rows.entries()) {
      if (i === at) continue;
      const factor = row[at]! / pivot[at]!;
      for (let j = at; j < row.length; j++) row[j]! -= factor * pivot[j]!;
    }
  }
  return rows.map((row, i) => row.at(-1)! / row[i]!);
}

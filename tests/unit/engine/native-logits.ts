import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { getModelPath } from '../../../models/locate.ts';
import { findModel } from '../../../models/registry.ts';
import { parseJson } from '../../../protocol/parse-json.ts';
import type { Diagnostics } from '../../../server/engine/native/binding.ts';
import { readSamples } from '../../support/recordings.ts';

export const FIXTURE = fileURLToPath(new URL('../../fixtures/engine-logits.json', import.meta.url));
const SPEECH = new URL('../../fixtures/speech/', import.meta.url);
const TOP = 5;

const step = z.object({
  /** The most probable tokens and their natural log probabilities, the best first. */
  top: z.array(z.tuple([z.number(), z.number()])),
  /** Mean and standard deviation of all log probabilities. */
  mean: z.number(),
  deviation: z.number(),
});

/** Logits of a teacher-forced transcript: a step before the first of `tokens` and one behind each. */
const logitsCase = z.object({
  model: z.string(),
  file: z.string(),
  windowFrames: z.number(),
  text: z.string(),
  tokens: z.array(z.number()),
  /** Fed token by token, not all at once. */
  oneByOne: z.boolean(),
  steps: z.array(step),
});

export type Step = z.infer<typeof step>;
export type LogitsCase = z.infer<typeof logitsCase>;

export function readCases(): LogitsCase[] {
  return z.array(logitsCase).parse(parseJson(readFileSync(FIXTURE, 'utf8')));
}

/** Log probabilities of every step, as the selected kernels compute them. A common offset of the logits drops out. */
export function computeSteps(diagnostics: Diagnostics, request: Omit<LogitsCase, 'steps' | 'text'>): Float64Array[] {
  const { model, file, windowFrames, tokens, oneByOne } = request;
  const samples = Float32Array.from(readSamples(fileURLToPath(new URL(file, SPEECH))), (value) => value / 32_768);
  const path = getModelPath(findModel(model)!);
  const logits = diagnostics.computeLogits({ path, samples, windowFrames, tokens, oneByOne });
  const size = logits.length / (tokens.length + 1);
  return Array.from({ length: tokens.length + 1 }, (_, i) => {
    const row = logits.subarray(i * size, (i + 1) * size);
    const most = row.reduce((max, value) => Math.max(max, value));
    const logSum = most + Math.log(row.reduce((sum, value) => sum + Math.exp(value - most), 0));
    return Float64Array.from(row, (value) => value - logSum);
  });
}

export function summarizeStep(logProbabilities: Float64Array): Step {
  const ids = Array.from(logProbabilities.keys()).sort((a, b) => logProbabilities[b]! - logProbabilities[a]!);
  const mean = logProbabilities.reduce((sum, value) => sum + value, 0) / logProbabilities.length;
  const squares = logProbabilities.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    top: ids.slice(0, TOP).map((id) => [id, logProbabilities[id]!]),
    mean,
    deviation: Math.sqrt(squares / logProbabilities.length),
  };
}

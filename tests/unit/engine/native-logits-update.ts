// node --import=tsx tests/unit/engine/native-logits-update.ts
// Writes tests/fixtures/engine-logits.json anew, with the kernels for this machine.
// Only after a change that is meant to change the logits; see server/engine/native/UPGRADING.md.
import { writeFileSync } from 'node:fs';
import { getModelPath } from '../../../models/locate.ts';
import { findModel } from '../../../models/registry.ts';
import { loadNative } from '../../../server/engine/native/binding.ts';
import { computeSteps, FIXTURE, type LogitsCase, summarizeStep } from './native-logits.ts';

const SHORT = {
  file: 'short_01.wav',
  windowFrames: 512,
  text: 'The train to the coast was delayed because of heavy snow.',
};
const NARROW = { file: 'ls_2414-128291-0000.wav', windowFrames: 192, text: 'What has happened to me?' };
const CASES = ['tiny.en', 'base'].flatMap((model) => [
  { model, ...SHORT, oneByOne: false },
  { model, ...NARROW, oneByOne: true },
]);

const { diagnostics } = loadNative();
const round = (value: number): number => Math.round(value * 1e4) / 1e4;
const cases = CASES.map((each): LogitsCase => {
  const tokens = diagnostics.tokenize({ path: getModelPath(findModel(each.model)!), text: ` ${each.text}` });
  const steps = computeSteps(diagnostics, { ...each, tokens }).map(summarizeStep);
  const rounded = steps.map(({ top, mean, deviation }) => ({
    top: top.map(([id, value]): [number, number] => [id, round(value)]),
    mean: round(mean),
    deviation: round(deviation),
  }));
  return { ...each, tokens, steps: rounded };
});
writeFileSync(FIXTURE, `${JSON.stringify(cases)}\n`);

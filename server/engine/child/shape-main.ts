import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { endWithParent, sendToParent } from '../../process/child/parent-link.ts';
import { NativeModel } from '../native/binding.ts';
import { FINAL_WINDOW_FLOOR } from '../native/defaults.ts';
import type { ModelShape, ToShapeProcess } from '../shape-wire.ts';
import { createWarmUpJob } from '../warm-up.ts';
import { writeRandomModel } from './random-model.ts';

/**
 * The process that measures what a model would cost without having it: random weights of its shape, with one layer and with
 * two. The difference is the cost of a layer, so even the largest shape takes 350 MB on the disk at most, and 600 MB of memory.
 */
process.on('message', (message: ToShapeProcess) => void measure(message).catch(() => process.exit(1)));
endWithParent();

/** Tokens of a final of 4 s: eleven words. */
const TOKENS = 14;
const RUNS = 4;

interface Cost {
  readonly encodeMs: number;
  readonly tokenMs: number;
}

async function measure({ shapes, folder, threads }: ToShapeProcess): Promise<void> {
  const decodeS: number[] = [];
  for (const shape of shapes) {
    const one = await measureLayers(shape, 1, { folder, threads });
    const two = await measureLayers(shape, 2, { folder, threads });
    const extend = (of: keyof Cost, layers: number): number => one[of] + Math.max(0, two[of] - one[of]) * (layers - 1);
    decodeS.push((extend('encodeMs', shape.encoderLayers) + TOKENS * extend('tokenMs', shape.decoderLayers)) / 1_000);
  }
  sendToParent({ kind: 'measured', decodeS });
}

/**
 * The shortest times of a few decodes, each on all cores like a decode that is alone. Random weights repeat themselves, which
 * would end a decode after one token; at a temperature they write as many as the audio allows.
 */
async function measureLayers(
  { width, heads, melBands, vocabulary, type }: ModelShape,
  layers: number,
  { folder, threads }: Pick<ToShapeProcess, 'folder' | 'threads'>,
): Promise<Cost> {
  const path = join(folder, 'shape.bin');
  writeRandomModel(path, { width, heads, melBands, vocabulary, type, layers });
  const model = NativeModel.load(path);
  rmSync(path, { force: true });
  const { samples, language, languages, task, prompt, prefix } = createWarmUpJob();
  let best: Cost = { encodeMs: Number.POSITIVE_INFINITY, tokenMs: Number.POSITIVE_INFINITY };
  for (let run = 0; run < RUNS; run++) {
    const { encodeMs, decodeMs, tokens } = await model.decode({
      ...{ samples, language, languages, task, prompt, prefix },
      ...{ windowFloor: FINAL_WINDOW_FLOOR, threads, wordTimes: false, temperatures: [1] },
    });
    best = {
      encodeMs: Math.min(best.encodeMs, encodeMs),
      tokenMs: Math.min(best.tokenMs, decodeMs / Math.max(1, tokens)),
    };
  }
  model.close();
  return best;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../ports/log.ts';
import { ForkedProcess } from '../process/forked-process.ts';
import { resolveProgramPath } from '../process/program-path.ts';
import { isFromShapeProcess, type ModelShape, type ToShapeProcess } from './shape-wire.ts';

/** Longest time that all shapes together may take, ms; then they stay unmeasured. */
const TIMEOUT_MS = 180_000;
/** Free memory below which nothing is measured: the process takes up to 600 MB, bytes. */
const MEMORY_MIN = 1_073_741_824;

/** Width, heads, layers of encoder and decoder, by the beginning of a name; the first that fits counts. */
const FAMILIES: readonly (readonly [name: string, width: number, heads: number, encoder: number, decoder: number])[] = [
  ['tiny', 384, 6, 4, 4],
  ['base', 512, 8, 6, 6],
  ['small', 768, 12, 12, 12],
  ['medium', 1_024, 16, 24, 24],
  ['large-v3-turbo', 1_280, 20, 32, 4],
  ['large', 1_280, 20, 32, 32],
];

/** The shape of a published model, by its name and the name of its file; undefined for one that is not known. */
export function findShape(name: string, file: string): ModelShape | undefined {
  const family = FAMILIES.find(([start]) => name.startsWith(start));
  if (family === undefined) return undefined;
  const [, width, heads, encoderLayers, decoderLayers] = family;
  const isThird = name.startsWith('large-v3');
  return {
    ...{ width, heads, encoderLayers, decoderLayers, melBands: isThird ? 128 : 80 },
    vocabulary: isThird ? 51_866 : name.includes('.en') ? 51_864 : 51_865,
    type: (/q5_0|q5_1|q8_0/.exec(file)?.[0] ?? 'f16') as ModelShape['type'],
  };
}

/**
 * Measures how long a final of 4 s takes with random weights of these shapes, alone on all cores, seconds each. Resolves with
 * undefined when `signal` aborts, when memory is short, or when it takes too long or fails.
 */
export async function measureShapes(
  shapes: readonly ModelShape[],
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<readonly number[] | undefined> {
  if (signal.aborted || freemem() < MEMORY_MIN) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'sotto-shape-'));
  try {
    return await new Promise((resolve) => {
      const path = resolveProgramPath(import.meta.url, './child/shape-main');
      let answer: readonly number[] | undefined;
      const child = new ForkedProcess({ path }, log, {
        onMessage: (message) => {
          if (isFromShapeProcess(message) && message.decodeS.length === shapes.length) answer = message.decodeS;
          child.kill();
        },
        onEnded: () => {
          clearTimeout(timer);
          resolve(answer);
        },
      });
      const timer = setTimeout(() => child.kill(), TIMEOUT_MS);
      signal.addEventListener('abort', () => child.kill(), { once: true });
      child.send({ kind: 'measure', shapes, folder, threads: availableParallelism() } satisfies ToShapeProcess);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeRandomModel } from '../../server/engine/child/random-model.ts';
import { NativeModel } from '../../server/engine/native/binding.ts';
import { FINAL_WINDOW_FLOOR, FULL_WINDOW, PARTIAL_WINDOW_FLOOR } from '../../server/engine/native/defaults.ts';
import { randomFrom } from '../support/random.ts';
import { decoderOf } from './native-decoder.ts';
import { median, table } from './report.ts';
import { initializeStock } from './stock.ts';

const AT_ONCE = 4;
const ABORTS = 20;
const ABORT_EVERY = 4;
const GROWTH_LINES = 10;

/** Peak memory of processes that decode 10 s once, and four times at once. */
export function peaks(model: string, data: string): string {
  const rows: (string | number)[][] = [['peak memory, MB', 'loaded', '1 decode', `${AT_ONCE} at once`, 'ratio']];
  const measure = (floor: string, count: number): { loaded: number; peak: number } => {
    const args = ['engine', '--model', model, '--data', data, '--peak', `${floor}x${count}`];
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    return JSON.parse(execFileSync(process.execPath, [...process.execArgv, main, ...args], { encoding: 'utf8' }));
  };
  for (const [name, floor] of [
    ['native, 30 s window', FULL_WINDOW],
    ["native, finals' window", FINAL_WINDOW_FLOOR],
    ["native, partials' window", PARTIAL_WINDOW_FLOOR],
  ] as const) {
    const one = measure(String(floor), 1);
    const four = measure(String(floor), AT_ONCE);
    rows.push([name, one.loaded, one.peak, four.peak, four.peak / one.peak]);
  }
  const stock = measure('stock', 1);
  rows.push(['stock, 30 s window (one at a time)', stock.loaded, stock.peak, '-', '-']);
  return table(rows);
}

/** One line of JSON: resident MB with the model loaded, and at the peak of `FLOORxCOUNT` decodes. */
export async function peakOf(path: string, samples: Float32Array, which: string): Promise<void> {
  const [floor, count] = which.split('x') as [string, string];
  let loaded = 0;
  if (floor === 'stock') {
    const stock = await initializeStock(path);
    loaded = process.memoryUsage.rss() / 1e6;
    await stock(samples);
  } else {
    const decode = decoderOf(NativeModel.load(path));
    loaded = process.memoryUsage.rss() / 1e6;
    await Promise.all(Array.from({ length: Number(count) }, () => decode(samples, Number(floor))));
  }
  console.log(JSON.stringify({ loaded, peak: (process.resourceUsage().maxRSS * 1_024) / 1e6 }));
}

/** Milliseconds from an abort to its answer, at moments spread over encoding and decoding. */
export async function aborts(model: NativeModel, speech: Float32Array): Promise<string> {
  const decode = decoderOf(model);
  const lines: string[] = [];
  for (const [name, seconds, floor] of [
    ["finals' window, 5 s", 5, FINAL_WINDOW_FLOOR],
    ["finals' window, 10 s", 10, FINAL_WINDOW_FLOOR],
    ['30 s window, 25 s', 25, FULL_WINDOW],
  ] as const) {
    const samples = speech.slice(0, seconds * 16_000);
    const started = performance.now();
    await decode(samples, floor);
    const whole = performance.now() - started;
    const waits: number[] = [];
    for (let i = 0; i < ABORTS; i++) {
      const controller = new AbortController();
      const running = decode(samples, floor, { signal: controller.signal });
      await new Promise((resolve) => setTimeout(resolve, (whole * (i + 0.5)) / (ABORTS + 1)));
      const asked = performance.now();
      controller.abort();
      if ((await running).stop === 'aborted') waits.push(performance.now() - asked);
    }
    lines.push(
      `abort to answer, ${name}: ${waits.length} decodes of ${whole.toFixed(0)} ms, median ${median(waits).toFixed(1)} ms, longest ${Math.max(...waits).toFixed(1)} ms`,
    );
  }
  return lines.join('\n');
}

/** Resident memory along many decodes of noise over a small random model, two at a time, every fourth aborted. */
export async function growth(decodes: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-growth-'));
  try {
    const path = join(folder, 'random.bin');
    writeRandomModel(path, { vocabulary: 51_864, melBands: 80, type: 'q8_0' });
    const decode = decoderOf(NativeModel.load(path));
    const random = randomFrom(1);
    const noise = Float32Array.from({ length: 16_000 }, () => random() - 0.5);
    let done = 0;
    let aborted = 0;
    const lane = async (): Promise<void> => {
      while (done < decodes) {
        const turn = done++;
        const controller = new AbortController();
        const running = decode(noise.subarray(0, 4_000 + (turn % 7) * 2_000), PARTIAL_WINDOW_FLOOR, {
          signal: controller.signal,
        });
        if (turn % ABORT_EVERY === 0) setTimeout(() => controller.abort(), turn % 5);
        if ((await running).stop === 'aborted') aborted++;
        if (turn % (decodes / GROWTH_LINES) === 0) report(turn, aborted);
      }
    };
    await Promise.all([lane(), lane()]);
    report(decodes, aborted);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function report(decodes: number, aborted: number): void {
  const gc = (globalThis as { gc?: () => void }).gc;
  gc?.();
  const held = /^VmData:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  console.log(
    `${decodes} decodes, ${aborted} of them aborted: ${(process.memoryUsage.rss() / 1e6).toFixed(1)} MB resident, ${(Number(held) / 1e3).toFixed(0)} MB of data mapped`,
  );
}

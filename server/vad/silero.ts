import { GATE_THRESHOLDS } from '../core/speech/gate.ts';
import { BatchedModel, type StreamWindow, type VadNetwork } from './batched-model.ts';
import { loadNetwork, type OnnxNetwork, toFloats } from './onnx.ts';

const WINDOW_SAMPLES = 512;
/** Samples of the window before that stand in front of each window. */
const CONTEXT_SAMPLES = 64;
const INPUT_SAMPLES = CONTEXT_SAMPLES + WINDOW_SAMPLES;
/** The network's state for one stream: two rows of 128 cells. */
const ROWS = 2;
const CELLS = 128;

interface SileroState {
  /** Rows one after the other. */
  readonly cells: Float32Array;
  readonly context: Float32Array;
}

/** Loads Silero VAD 6 from the file `path`. Rejects with `engine.absent` where it cannot run. */
export async function loadSilero(path: string): Promise<BatchedModel<SileroState>> {
  return new BatchedModel(new SileroNetwork(await loadNetwork(() => path)), GATE_THRESHOLDS.silero);
}

/** Silero VAD 6. `models/embedded/silero_vad_v6.json` has the shapes of its inputs and outputs. */
class SileroNetwork implements VadNetwork<SileroState> {
  readonly #network: OnnxNetwork;

  constructor(network: OnnxNetwork) {
    this.#network = network;
  }

  createState(): SileroState {
    return { cells: new Float32Array(ROWS * CELLS), context: new Float32Array(CONTEXT_SAMPLES) };
  }

  async evaluate(batch: readonly StreamWindow<SileroState>[]): Promise<Float32Array> {
    const { onnx, session } = this.#network;
    const n = batch.length;
    const input = new Float32Array(n * INPUT_SAMPLES);
    const cells = new Float32Array(ROWS * n * CELLS);
    for (const [i, { window, state }] of batch.entries()) {
      input.set(state.context, i * INPUT_SAMPLES);
      input.set(window, i * INPUT_SAMPLES + CONTEXT_SAMPLES);
      for (let row = 0; row < ROWS; row++)
        cells.set(state.cells.subarray(row * CELLS, (row + 1) * CELLS), (row * n + i) * CELLS);
    }
    const result = await session.run({
      input: new onnx.Tensor('float32', input, [n, INPUT_SAMPLES]),
      state: new onnx.Tensor('float32', cells, [ROWS, n, CELLS]),
      sr: new onnx.Tensor('int64', BigInt64Array.of(16_000n)),
    });
    const next = toFloats(result['stateN']);
    for (const [i, { window, state }] of batch.entries()) {
      state.context.set(window.subarray(-CONTEXT_SAMPLES));
      for (let row = 0; row < ROWS; row++) {
        const from = (row * n + i) * CELLS;
        state.cells.set(next.subarray(from, from + CELLS), row * CELLS);
      }
    }
    return toFloats(result['output']);
  }

  close(): Promise<void> {
    return this.#network.session.release();
  }
}

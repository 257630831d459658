import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { Fault } from '../../protocol/index.ts';

export type Onnx = typeof import('onnxruntime-node');

/** A loaded network, and the library whose tensors it takes. */
export interface OnnxNetwork {
  readonly onnx: Onnx;
  readonly session: InferenceSession;
}

/** Loads a network. Rejects with `engine.absent` where the library or the file does not load. */
export async function loadNetwork(findPath: () => string): Promise<OnnxNetwork> {
  try {
    const library = (await import('onnxruntime-node')) as Onnx & { default?: Onnx };
    const onnx = library.default ?? library;
    // One thread that does not spin: a run takes 0.2 ms, and the cores belong to the recogniser.
    const session = await onnx.InferenceSession.create(findPath(), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    return { onnx, session };
  } catch (cause) {
    const problem = `voice activity detection does not load (${cause instanceof Error ? cause.message : cause})`;
    throw new Fault('engine.absent', { problem }, { cause });
  }
}

/** Returns the values of a tensor of 32-bit floats. */
export function toFloats(tensor: Tensor | undefined): Float32Array {
  return tensor!.data as Float32Array;
}

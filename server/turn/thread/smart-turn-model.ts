import type { InferenceSession } from 'onnxruntime-node';
import { FRAMES, INPUT_SAMPLES, LogMel, MEL_BANDS } from './log-mel.ts';

type Onnx = typeof import('onnxruntime-node');

/** Smart Turn 3 by Daily: hears whether somebody is done speaking. One run takes tens of ms of processor time. */
export class SmartTurnModel {
  readonly #onnx: Onnx;
  readonly #session: InferenceSession;
  readonly #logMel = new LogMel();

  private constructor(onnx: Onnx, session: InferenceSession) {
    this.#onnx = onnx;
    this.#session = session;
  }

  /** Loads the file and tries it once. Rejects when that does not work, or the file is of another model. */
  static async load(path: string): Promise<SmartTurnModel> {
    const imported = (await import('onnxruntime-node')) as Onnx & { default?: Onnx };
    const onnx = imported.default ?? imported;
    // One thread that does not spin: the cores belong to the recogniser.
    const session = await onnx.InferenceSession.create(path, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    const model = new SmartTurnModel(onnx, session);
    const probability = await model.predict(new Float32Array(INPUT_SAMPLES));
    if (!(probability >= 0 && probability <= 1))
      throw new Error(`the model answers ${probability}, not with a probability`);
    return model;
  }

  /** Probability that a speaker is done at the end of this audio, 0-1; of longer audio the last 8 s count. */
  async predict(audio: Float32Array): Promise<number> {
    const features = new this.#onnx.Tensor('float32', this.#logMel.compute(audio), [1, MEL_BANDS, FRAMES]);
    // The output is called `logits`, but it has been through a sigmoid.
    const { logits } = await this.#session.run({ input_features: features });
    return Number(logits?.data[0]);
  }
}

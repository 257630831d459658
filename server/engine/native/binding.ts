import { createRequire } from 'node:module';
import { nativePath } from './locate.ts';
import { checkModelFile } from './model-file.ts';

/** What a decode is asked. */
export interface NativeDecodeOptions {
  /** 16 kHz mono in [-1, 1], at most 30 s. */
  readonly samples: Float32Array;
  /** ISO 639 code, or `auto`. */
  readonly language: string;
  /** With `auto`: only these are considered; empty means all. */
  readonly languages: readonly string[];
  readonly task: 'transcribe' | 'translate';
  /** Text that stands before the audio; may be empty. */
  readonly prompt: string;
  /** Text forced at the start of the result; may be empty. */
  readonly prefix: string;
  /** Least encoder window in frames of 20 ms; the window is fitted to the audio above it. */
  readonly windowFloor: number;
  readonly threads: number;
  /** Per-word times and the signs taken from attention. Costs about a millisecond. */
  readonly wordTimes: boolean;
  readonly beamSize?: number;
  readonly temperatures?: readonly number[];
  readonly timestamps?: boolean;
  readonly loop?: 'sotto' | 'whisper';
  readonly signal?: AbortSignal | undefined;
}

export interface NativeWord {
  readonly text: string;
  readonly space: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly confidence: number;
}

export interface NativeDecode {
  readonly words: readonly NativeWord[];
  readonly language: string;
  readonly languageProbability: number;
  /** Of the candidates, or of the five most probable. */
  readonly languageProbabilities: Readonly<Record<string, number>>;
  readonly noSpeech: number;
  readonly averageLogProbability: number;
  readonly stop: 'end' | 'edge' | 'repeat' | 'budget' | 'aborted';
  readonly tokens: number;
  readonly encodeMs: number;
  readonly decodeMs: number;
  readonly windowFrames: number;
}

export interface NativeModelInfo {
  readonly type: string;
  readonly multilingual: boolean;
  readonly vocabulary: number;
  readonly audioFrames: number;
  readonly textTokens: number;
  readonly melBands: number;
}

interface Addon {
  readonly Model: new (
    path: string,
  ) => {
    readonly info: NativeModelInfo;
    decode(id: number, samples: Float32Array, options: object): Promise<NativeDecode>;
    abort(id: number): void;
    close(): void;
  };
}

/** One set of weights in this process; any number of decodes may run over it at the same time. */
export class NativeModel {
  readonly #model: InstanceType<Addon['Model']>;
  #decodes = 0;

  private constructor(model: InstanceType<Addon['Model']>) {
    this.#model = model;
  }

  /** Throws an Error with `code` `model.absent` or `model.corrupt` and a one-line message. Blocks while it reads. */
  static load(path: string): NativeModel {
    checkModelFile(path);
    const addon = createRequire(import.meta.url)(nativePath()) as Addon;
    try {
      return new NativeModel(new addon.Model(path));
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw Object.assign(new Error(problem, { cause }), { code: 'model.corrupt' });
    }
  }

  get info(): NativeModelInfo {
    return this.#model.info;
  }

  async decode(options: NativeDecodeOptions): Promise<NativeDecode> {
    const { samples, signal, task, loop, ...rest } = options;
    const id = ++this.#decodes;
    const abort = (): void => this.#model.abort(id);
    const running = this.#model.decode(id, samples, {
      timestamps: false,
      beamSize: 1,
      temperatures: [0],
      ...rest,
      translate: task === 'translate',
      whisperLoop: loop === 'whisper',
    });
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await running;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Running decodes are aborted and answered; the weights go when the last has ended. */
  close(): void {
    this.#model.close();
  }
}

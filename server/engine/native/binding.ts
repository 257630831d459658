import { createRequire } from 'node:module';
import { deflateRawSync } from 'node:zlib';
import { getNativePath } from './locate.ts';
import { checkModelFile } from './model-file.ts';

export { isNativeBuilt } from './locate.ts';

/** Options of one decode. */
export interface NativeDecodeOptions {
  /** 16 kHz mono in [-1, 1]; more than 30 s is refused. Copied before the call returns. */
  readonly samples: Float32Array;
  /** ISO 639 code, or `auto` to detect it from the same encoding. English-only models always use `en`. */
  readonly language: string;
  /** With `auto`: only these are considered; empty means all. */
  readonly languages: readonly string[];
  readonly task: 'transcribe' | 'translate';
  /** Text spoken before the audio; its last 223 tokens are used. May be empty. */
  readonly prompt: string;
  /** Code of the language of the prompt, which is left out when another one is detected; '' keeps it. */
  readonly promptLanguage?: string;
  /** Text forced at the start of the result; may be empty. Its words come back with the times found for them. */
  readonly prefix: string;
  /** What the text will probably be, as an earlier decode of the same audio wrote it. Changes nothing but the time. */
  readonly draft?: string;
  /** Shortest encoder window, in frames of 20 ms; above it the window is fitted to the audio. */
  readonly windowFloor: number;
  readonly threads: number;
  /** Texts that are continued side by side at the first temperature, when that is 0; at most 8. Default 1. */
  readonly beamSize?: number;
  /** Tried in turn until the mean log probability is above -1 and nothing is repeated. Default `[0]`. */
  readonly temperatures?: readonly number[];
  /** Let the model write its own timestamp tokens, which cost time and are not returned. Default false. */
  readonly timestamps?: boolean;
  /** Compute word times, and detect loops by attention, too. Costs a millisecond or two. */
  readonly wordTimes: boolean;
  /** Ends the decode within milliseconds; it resolves with stop `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

export interface NativeWord {
  readonly text: string;
  /** A space precedes it. */
  readonly space: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  /** Geometric mean of its tokens' probabilities. */
  readonly confidence: number;
}

export interface NativeDecode {
  readonly words: readonly NativeWord[];
  readonly text: string;
  readonly language: string;
  /** 1 when the language was given. */
  readonly languageProbability: number;
  /** Of the candidates, or of the five most probable; empty when the language was given. */
  readonly languageProbabilities: Readonly<Record<string, number>>;
  readonly noSpeech: number;
  /** Natural, over the tokens the model chose itself. */
  readonly averageLogProbability: number;
  /** Length of the text over its deflated length; 1 for no text. */
  readonly compressionRatio: number;
  readonly stop: 'end' | 'edge' | 'repeat' | 'budget' | 'aborted';
  /** Tokens of the text, forced ones included. */
  readonly tokens: number;
  readonly encodeMs: number;
  readonly decodeMs: number;
  readonly windowFrames: number;
  /** The temperature whose result this is. */
  readonly temperature: number;
}

/**
 * `code` of the errors that the addon throws and rejects with, as `src/decode/failure.h` lists them. `model.corrupt`: the
 * file is no model, or its weights compute no numbers. `model.closed`: a decode was begun after `close`.
 * `memory.exhausted`: there is no memory for the model or a decode. `decode.failed`: any other failure of a decode.
 */
export const NATIVE_ERROR_CODES = ['model.corrupt', 'model.closed', 'memory.exhausted', 'decode.failed'] as const;

/** A decode that has been started. */
export interface RunningDecode {
  /** Rejects with an Error whose `code` is one of `NATIVE_ERROR_CODES`. */
  readonly result: Promise<NativeDecode>;
  /** A count, modulo 2^32, that grows many times a second while the decode goes on; 0 before it begins. */
  steps(): number;
}

export interface NativeModelInfo {
  readonly type: string;
  readonly multilingual: boolean;
  readonly vocabulary: number;
  /** Frames of 20 ms in the longest window. */
  readonly audioFrames: number;
  readonly textTokens: number;
  readonly melBands: number;
  /** Memory of the weights. */
  readonly bytes: number;
}

interface AddonModel {
  readonly info: NativeModelInfo;
  decode(id: number, samples: Float32Array, options: object): Promise<Omit<NativeDecode, 'text' | 'compressionRatio'>>;
  abort(id: number): void;
  steps(id: number): number;
  close(): void;
}

/** One operation of a set of kernels beside plain loops in double precision, on random values and shapes. */
export interface KernelCheck {
  readonly name: string;
  /** The largest, mostly as a share of the values that are added up; infinite where something else was overwritten. */
  readonly error: number;
  readonly limit: number;
}

/** Time of one kind of operation while a profile was taken. */
export interface ProfileRow {
  readonly calls: number;
  /** Processor time. */
  readonly ms: number;
  /** Multiplications and additions; 0 for what is no product. */
  readonly products: number;
  /** Bytes of weights, keys or values that products read. */
  readonly bytes: number;
}

/** For tests and benches; the server calls none of it. The checks compute with random values and throw for no shape. */
export interface Diagnostics {
  /**
   * The sets of kernels that this processor runs, by the instructions they use, the best one first: `AVX-512 VNNI`,
   * `AVX-VNNI`, `AVX2`, `NEON i8mm`, `NEON dotprod` or `NEON`.
   */
  readonly kernelSets: readonly string[];
  /** The selected set. */
  readonly kernels: string;
  /** Selects one of `kernelSets` for models that are loaded from now on, in the whole process. Throws for other names. */
  selectKernels(name: string): void;
  /** Checks every operation of the selected set. */
  checkKernels(): readonly KernelCheck[];
  /**
   * Logits of an English transcript over encoded audio: a row of the vocabulary's size before the first of `tokens` and
   * behind each. Tokens are fed all at once or one by one. Loads the model, and blocks.
   */
  computeLogits(request: {
    readonly path: string;
    readonly samples: Float32Array;
    readonly windowFrames: number;
    readonly tokens: readonly number[];
    readonly oneByOne: boolean;
  }): Float32Array;
  /** Identifiers of a text's tokens. Loads the model, and blocks. */
  tokenize(request: { readonly path: string; readonly text: string }): number[];
  /**
   * What one core can do with the instructions of the selected set: billions of 8-bit and of 32-bit float products a
   * second, GB/s of memory. 0 where unknown.
   */
  measurePeaks(): { readonly bytes: number; readonly floats: number; readonly read: number };
  /** One decode on one thread at a time. */
  beginProfile(): void;
  endProfile(): Readonly<Record<string, ProfileRow>>;
}

export interface Addon {
  readonly Model: new (path: string) => AddonModel;
  readonly diagnostics: Diagnostics;
}

const SAMPLES_MAX = 30 * 16_000;
const THREADS_MAX = 64;

/** Loads the addon. Throws the loader's error when it is not built or does not fit this machine. */
export function loadNative(): Addon {
  return createRequire(import.meta.url)(getNativePath()) as Addon;
}

/** One set of weights in this process; any number of decodes can run over it at the same time. */
export class NativeModel {
  readonly #model: AddonModel;
  #decodes = 0;

  private constructor(model: AddonModel) {
    this.#model = model;
  }

  /**
   * Throws an Error with a one-line message and `code` `model.absent`, `model.corrupt` or `memory.exhausted`. Blocks while
   * it reads.
   */
  static load(path: string): NativeModel {
    checkModelFile(path);
    const addon = loadNative();
    return new NativeModel(new addon.Model(path));
  }

  get info(): NativeModelInfo {
    return this.#model.info;
  }

  /** Begins a decode and resolves with its result. */
  async decode(options: NativeDecodeOptions): Promise<NativeDecode> {
    return await this.begin(options).result;
  }

  begin(options: NativeDecodeOptions): RunningDecode {
    const { samples, signal, task, ...rest } = options;
    if (samples.length > SAMPLES_MAX)
      throw new RangeError(`a decode takes 30 s at most, not ${samples.length} samples`);
    const id = ++this.#decodes;
    const beamSize = Math.max(1, rest.beamSize ?? 1);
    const running = this.#model.decode(id, samples, {
      ...rest,
      draft: rest.draft ?? '',
      timestamps: rest.timestamps ?? false,
      beamSize,
      temperatures: rest.temperatures?.length ? rest.temperatures : [0],
      threads: Math.min(THREADS_MAX, Math.max(1, Math.floor(rest.threads))),
      translate: task === 'translate',
    });
    return { result: this.#answer(id, running, signal), steps: () => this.#model.steps(id) };
  }

  async #answer(
    id: number,
    running: ReturnType<AddonModel['decode']>,
    signal: AbortSignal | undefined,
  ): Promise<NativeDecode> {
    const abort = (): void => this.#model.abort(id);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const decode = await running;
      const text = decode.words.map((word) => `${word.space ? ' ' : ''}${word.text}`).join('');
      return { ...decode, text: text.trimStart(), compressionRatio: computeCompressionRatio(text) };
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Aborts the running decodes; the weights are freed when the last has ended. */
  close(): void {
    this.#model.close();
  }
}

/** Length of the text divided by its deflated length; a repetition loop compresses well. */
export function computeCompressionRatio(text: string): number {
  const bytes = Buffer.from(text);
  return bytes.length === 0 ? 1 : bytes.length / deflateRawSync(bytes).length;
}

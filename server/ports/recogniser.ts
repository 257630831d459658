import type { Hypothesis } from '../core/hypothesis.ts';

/** One request to decode a span of one channel of one session. */
export interface DecodeJob {
  /** Unique within the process. An answer carries it back. */
  readonly id: number;
  readonly kind: 'partial' | 'final';
  /** Mono 16 kHz samples in [-1, 1]; at most 30 s. The recogniser may transfer or copy it, never change it. */
  readonly samples: Float32Array;
  /** Absolute position of `samples[0]`; word positions in the answer are absolute too. */
  readonly fromSample: number;
  /** Name of the model (`base`, `tiny.en`); undefined, or one that is not loaded, means the recogniser's own. */
  readonly model?: string | undefined;
  /** ISO 639-1 code, or `auto` to detect it from the same encoding. */
  readonly language: string;
  /** With `auto`: only these are considered. Empty means all. */
  readonly languages: readonly string[];
  readonly task: 'transcribe' | 'translate';
  /** Text that came before and vocabulary hints, for the model's prompt. May be empty. */
  readonly prompt: string;
  /** Code of the prompt's language; a decode that detects another one goes without. Default: the prompt always counts. */
  readonly promptLanguage?: string | undefined;
  /** Words already stable at the start of this span, fed as a forced prefix by engines that can; others ignore it. */
  readonly prefix: string;
  /**
   * What the text will probably be: as an earlier decode of this audio wrote it. Changes nothing but the time a decode
   * takes; engines that cannot use it ignore it. Default empty.
   */
  readonly draft?: string | undefined;
  /** Encoder floor in frames of 20 ms (1500 = 30 s); undefined takes the engine's default for the kind. */
  readonly windowFloor?: number | undefined;
  /** Beams of a search, at most 8; 1 is greedy. Undefined takes the engine's default for the kind; stock ignores it. */
  readonly beamSize?: number | undefined;
  /** Tried in turn until the text is trusted. Undefined takes the engine's default for the kind; stock ignores it. */
  readonly temperatures?: readonly number[] | undefined;
}

export type DecodeAnswer =
  | { readonly kind: 'hypothesis'; readonly job: number; readonly hypothesis: Hypothesis }
  | {
      readonly kind: 'failed';
      readonly job: number;
      readonly code: 'engine.crashed' | 'engine.timeout' | 'engine.busy';
      readonly text: string;
    };

/** Describes the running engine, for the start-up line, `doctor` and `ready`. */
export interface RecogniserInfo {
  readonly engine: 'native' | 'stock' | 'script';
  readonly model: string;
  readonly multilingual: boolean;
  /** How many decodes may run at the same time. */
  readonly slots: number;
  /** Measured at warm-up: seconds of decoding for one second of speech, one decode alone. */
  readonly realTimeFactor: number;
  /** A second, smaller model that jobs may name. */
  readonly small?: { readonly model: string; readonly multilingual: boolean; readonly realTimeFactor: number };
  /** A third model that jobs may name. */
  readonly second?: { readonly model: string; readonly multilingual: boolean };
  /** Resident memory of the worker with all its models, MB. */
  readonly memoryMb?: number;
  /** One line for people: instruction set, threads, the reason for this engine. */
  readonly detail: string;
}

/** Turns spans into hypotheses. Implemented by the worker pool, the scripted engine and remote engines. */
export interface Recogniser {
  /** Resolves once a worker is warm. Rejects with a `model.*` or `engine.*` fault. */
  ready(): Promise<RecogniserInfo>;
  /** Free slots now; the decode scheduler never has more jobs in flight than `slots`. */
  readonly slots: number;
  /** Never rejects: every job is answered exactly once, even when its worker dies. */
  decode(job: DecodeJob): Promise<DecodeAnswer>;
  /**
   * Aborts a running partial to free its slot (within 50 ms on the native engine). It is answered with stop `aborted`.
   */
  abort(job: number): void;
  close(): Promise<void>;
}

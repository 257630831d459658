import { z } from 'zod';
import type { Hypothesis } from '../core/hypothesis.ts';

/** What a worker process starts with; sent as its first message. */
export interface WorkerSetup {
  readonly modelPath: string;
  /** A second, smaller model in the same process; jobs name it. */
  readonly small?: { readonly name: string; readonly path: string } | undefined;
  /** A third model, for jobs that name it. */
  readonly second?: { readonly name: string; readonly path: string } | undefined;
  readonly engine: 'native' | 'stock';
  readonly slots: number;
  readonly cores: number;
  readonly finalWindowFloor: number;
  readonly partialWindowFloor: number;
  /** For finals; partials are greedy. */
  readonly beamSize: number;
  readonly temperatures: readonly number[];
  /** Whether to measure the cost of a decode before it is ready; a replacement need not. */
  readonly warmUp: 'measure' | 'skip';
}

/** A decode job as it travels: the port's `DecodeJob` without what only the parent needs. */
export interface WireJob {
  readonly id: number;
  readonly kind: 'partial' | 'final';
  readonly samples: Float32Array;
  readonly fromSample: number;
  readonly language: string;
  readonly languages: readonly string[];
  readonly task: 'transcribe' | 'translate';
  /** Name of one of the other models; undefined means the worker's main one. */
  readonly model?: string | undefined;
  readonly prompt: string;
  /** Code of the prompt's language; a decode that detects another one goes without. Default: the prompt always counts. */
  readonly promptLanguage?: string | undefined;
  readonly prefix: string;
  readonly draft?: string | undefined;
  readonly windowFloor?: number | undefined;
  readonly beamSize?: number | undefined;
  readonly temperatures?: readonly number[] | undefined;
}

export type ToWorker =
  | { readonly kind: 'setup'; readonly setup: WorkerSetup }
  | { readonly kind: 'decode'; readonly job: WireJob }
  | { readonly kind: 'abort'; readonly job: number }
  | { readonly kind: 'ping' };

export type FromWorker =
  | {
      readonly kind: 'ready';
      readonly engine: 'native' | 'stock';
      readonly multilingual: boolean;
      /** 0 when it was not measured. */
      readonly realTimeFactor: number;
      readonly small: { readonly multilingual: boolean; readonly realTimeFactor: number } | undefined;
      readonly second?: { readonly multilingual: boolean } | undefined;
      readonly memoryMb: number;
      readonly detail: string;
    }
  | {
      readonly kind: 'refused';
      readonly code: 'model.absent' | 'model.corrupt' | 'engine.absent';
      readonly problem: string;
    }
  | { readonly kind: 'hypothesis'; readonly job: number; readonly hypothesis: Hypothesis }
  | { readonly kind: 'failed'; readonly job: number; readonly problem: string }
  | {
      readonly kind: 'alive';
      readonly memoryMb: number;
      /**
       * For each job, a counter that grows while its decode makes progress; jobs of engines that cannot tell are
       * missing.
       */
      readonly steps: Readonly<Record<number, number>>;
    };

/** Any number: the mean of nothing is NaN, which is no reason to end a worker. */
const number = z.custom<number>((value) => typeof value === 'number');
const word = z.object({ text: z.string(), space: z.boolean(), from: number, to: number, confidence: number });
const hypothesis = z.object({
  words: z.array(word),
  language: z.string(),
  languageProbability: number,
  noSpeech: number,
  averageLogProbability: number,
  compressionRatio: number,
  stop: z.string(),
  decodeMs: number,
});
const small = z.object({ multilingual: z.boolean(), realTimeFactor: number });
const fromWorker = z.discriminatedUnion('kind', [
  z.object({
    ...{ kind: z.literal('ready'), engine: z.enum(['native', 'stock']), multilingual: z.boolean() },
    ...{ realTimeFactor: number, small: small.optional(), memoryMb: number, detail: z.string() },
    second: z.object({ multilingual: z.boolean() }).optional(),
  }),
  z.object({
    kind: z.literal('refused'),
    code: z.enum(['model.absent', 'model.corrupt', 'engine.absent']),
    problem: z.string(),
  }),
  z.object({ kind: z.literal('hypothesis'), job: number, hypothesis }),
  z.object({ kind: z.literal('failed'), job: number, problem: z.string() }),
  z.object({ kind: z.literal('alive'), memoryMb: number, steps: z.record(z.string(), number) }),
]);

/** Whether a message from a worker process is valid. */
export const isFromWorker = (value: unknown): value is FromWorker => fromWorker.safeParse(value).success;

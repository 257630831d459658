import type { Hypothesis } from '../core/hypothesis.ts';

/** What a worker process is started with; travels as its first message. */
export interface WorkerSetup {
  readonly modelPath: string;
  /** A second, smaller model in the same process; jobs name it. */
  readonly small?: { readonly name: string; readonly path: string } | undefined;
  readonly engine: 'native' | 'stock';
  readonly slots: number;
  readonly cores: number;
  readonly finalWindowFloor: number;
  readonly partialWindowFloor: number;
  /** Of finals; partials are greedy. */
  readonly beamSize: number;
  readonly temperatures: readonly number[];
  /** Whether to measure before it is ready what a decode costs; one that replaces another need not. */
  readonly warmUp: 'measure' | 'skip';
}

/** A decode job as it travels; `DecodeJob` of the port without what only the parent needs. */
export interface WireJob {
  readonly id: number;
  readonly kind: 'partial' | 'final';
  readonly samples: Float32Array;
  readonly fromSample: number;
  readonly language: string;
  readonly languages: readonly string[];
  readonly task: 'transcribe' | 'translate';
  /** Name of the small model; undefined is the worker's own. */
  readonly model?: string | undefined;
  readonly prompt: string;
  readonly prefix: string;
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
      /** By job, a count that changes while its decode goes on; without those of engines that cannot tell. */
      readonly steps: Readonly<Record<number, number>>;
    };

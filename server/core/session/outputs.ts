import type { EventBody } from '../../../protocol/index.ts';

/** Everything a session can ask of the world. The driver does it; the session never waits. */
export type SessionOutput =
  /** Judge the 512-sample window [from, to) of a channel; answer with `probability`, in order. */
  | { readonly kind: 'detect'; readonly channel: number; readonly from: number; readonly to: number }
  /** A decode is wanted. Its audio is fetched with `take(job)` only when a slot is free, so it is the newest. */
  | { readonly kind: 'recognise'; readonly job: number; readonly final: boolean }
  /** The answer to this job would be thrown away. */
  | { readonly kind: 'forget'; readonly job: number }
  | {
      readonly kind: 'clean';
      readonly sentence: number;
      readonly text: string;
      readonly language: string;
      readonly context: readonly string[];
      readonly instruction: string;
      readonly mode: 'default' | 'llm' | 'openai' | 'rules';
    }
  /** The text of a sentence is settled; answer with `translating`, then for each language. */
  | {
      readonly kind: 'translate';
      readonly sentence: number;
      readonly channel: number;
      /** Where it was said; undefined when that is not known any more. */
      readonly sound?: SampleRange | undefined;
      readonly text: string;
      readonly language: string;
      /** Languages the session wants whoever watches, and those that are answered already. */
      readonly to: readonly string[];
      readonly told: readonly string[];
    }
  | { readonly kind: 'event'; readonly event: EventBody }
  /** Everything is answered after `finish`; `done` has been emitted. */
  | { readonly kind: 'closed' };

/** Samples [from, to) of a channel. */
export interface SampleRange {
  readonly from: number;
  readonly to: number;
}

/** What a decode job is about, as of now. */
export interface DecodeSpan {
  readonly kind: 'partial' | 'final';
  readonly channel: number;
  readonly fromSample: number;
  readonly samples: Float32Array;
  readonly language: string;
  readonly languages: readonly string[];
  readonly task: 'transcribe' | 'translate';
  readonly model: string | undefined;
  readonly prompt: string;
  readonly prefix: string;
  readonly windowFloor: number | undefined;
}

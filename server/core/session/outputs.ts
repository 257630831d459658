import type { EventBody } from '../../../protocol/index.ts';

/** Everything a session can ask for. Its driver carries it out; the session never waits. */
export type SessionOutput =
  /** Judge the 512-sample window [from, to) of a channel; answer with `probability`, in order. */
  | { readonly kind: 'detect'; readonly channel: number; readonly from: number; readonly to: number }
  /**
   * Hear whether the speaker of a channel is done in the pause that [from, to) ends in; answer with `turnEnd`. No answer, or a late
   * one, changes nothing.
   */
  | { readonly kind: 'predictTurnEnd'; readonly channel: number; readonly from: number; readonly to: number }
  /** Decode something. The audio is fetched with `take(job)` only when a slot is free, so that it is the newest. */
  | { readonly kind: 'recognise'; readonly job: number; readonly final: boolean }
  /** Cancel this job: its answer would be thrown away. */
  | { readonly kind: 'forget'; readonly job: number }
  | {
      readonly kind: 'clean';
      readonly sentence: number;
      readonly text: string;
      readonly language: string;
      readonly context: readonly string[];
      readonly instruction: string;
      readonly mode: 'default' | 'llm' | 'openai' | 'rules';
      /** The text is that of a second hearing. Answers repeat it. */
      readonly revised?: true | undefined;
    }
  /** Decode final sentences again when nothing else is to be decoded; answer once, with the audio up to the sample `to`. */
  | {
      readonly kind: 'hearAgain';
      readonly stretch: number;
      /** A model that decodes the same after the one of `span`; without its answer the first counts alone. */
      readonly otherModel?: string | undefined;
      readonly span: Omit<DecodeSpan, 'samples'>;
      readonly to: number;
      /** Where the first of its sentences ends in the audio, ms. */
      readonly spokenMs: number;
    }
  /** Translate a sentence whose text is settled; answer with `translating`, then once for each language. */
  | {
      readonly kind: 'translate';
      readonly sentence: number;
      readonly channel: number;
      /** Where its audio is; undefined when that is no longer known. */
      readonly sound?: SampleRange | undefined;
      readonly text: string;
      readonly language: string;
      /** Languages the session asks for, whether or not anybody watches. */
      readonly to: readonly string[];
      /** Languages that are answered already. */
      readonly told: readonly string[];
      /** The text is that of a second hearing: earlier requests for the sentence are void. Answers repeat it. */
      readonly revised?: true | undefined;
    }
  | { readonly kind: 'event'; readonly event: EventBody }
  /** After `finish` everything has been answered, and `done` has been emitted. */
  | { readonly kind: 'closed' };

/** Samples [from, to) of a channel. */
export interface SampleRange {
  readonly from: number;
  readonly to: number;
}

/** What to decode for a job, as of now. */
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
  /** Code of the prompt's language; a decode that detects another one goes without. Default: the prompt always counts. */
  readonly promptLanguage?: string | undefined;
  readonly prefix: string;
  /** What the text will probably be: what the decode before this one wrote of the same audio. */
  readonly draft?: string | undefined;
  readonly windowFloor: number | undefined;
  /** As in `DecodeJob`. */
  readonly beamSize?: number | undefined;
  readonly temperatures?: readonly number[] | undefined;
}

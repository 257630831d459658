import type { Configure } from '../../../protocol/index.ts';
import type { Hypothesis } from '../hypothesis.ts';
import type { ServiceLevel } from '../schedule/load-shedder.ts';

/** What came of a request to decode a stretch again: a hypothesis, or nothing, for whatever reason. */
export type SecondHypothesis =
  | {
      readonly kind: 'secondHypothesis';
      readonly stretch: number;
      readonly hypothesis: Hypothesis;
      /** That of the other model, where one was asked for and heard it in time. */
      readonly other?: Hypothesis | undefined;
    }
  | { readonly kind: 'noSecondHypothesis'; readonly stretch: number };

/** Everything that can happen to a session. Time is not among it: audio positions are the clock. */
export type SessionInput =
  /** One array per channel of the core (one when channels are mixed), all of one length, 16 kHz. */
  | { readonly kind: 'audio'; readonly channels: readonly Float32Array[] }
  | {
      readonly kind: 'probability';
      readonly channel: number;
      readonly from: number;
      readonly to: number;
      readonly value: number;
    }
  /** How likely the speaker is done in the pause that was asked about up to the sample `to`, 0-1. */
  | { readonly kind: 'turnEnd'; readonly channel: number; readonly to: number; readonly probability: number }
  | { readonly kind: 'hypothesis'; readonly job: number; readonly hypothesis: Hypothesis }
  /** The job was not decoded: it was dropped under load, or its worker died twice. A final is requested again. */
  | { readonly kind: 'undecoded'; readonly job: number; readonly reason: 'dropped' | 'failed' }
  /** The answer to `hearAgain`. */
  | SecondHypothesis
  | {
      readonly kind: 'rewrite';
      readonly sentence: number;
      readonly revised?: true | undefined;
      readonly text: string;
      readonly model: string;
      readonly tookMs: number;
    }
  /** There is no rewrite; the core falls back to the rules. */
  | {
      readonly kind: 'unwritten';
      readonly sentence: number;
      readonly revised?: true | undefined;
      readonly reason: 'late' | 'absent' | 'failed';
      readonly tookMs: number;
    }
  /** The languages a sentence is being translated into; each is answered. */
  | {
      readonly kind: 'translating';
      readonly sentence: number;
      readonly revised?: true | undefined;
      readonly to: readonly string[];
    }
  | {
      readonly kind: 'translation';
      readonly sentence: number;
      readonly revised?: true | undefined;
      readonly to: string;
      readonly text: string;
      readonly model: string;
      readonly tookMs: number;
    }
  | {
      readonly kind: 'untranslated';
      readonly sentence: number;
      readonly revised?: true | undefined;
      readonly to: string;
      readonly reason: 'absent' | 'busy' | 'full' | 'late' | 'failed' | 'gone';
    }
  | { readonly kind: 'configure'; readonly settings: Configure }
  | { readonly kind: 'flush'; readonly id: string | undefined }
  /** The client has sent nothing for a while although the session is open: finalise what was said. */
  | { readonly kind: 'pause' }
  /** From the scheduler: how much service the load allows. */
  | { readonly kind: 'load'; readonly serviceLevel: ServiceLevel }
  | { readonly kind: 'finish' };

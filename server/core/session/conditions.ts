import type { ServiceLevel } from '../schedule/load-shedder.ts';
import type { LeftContext } from './left-context.ts';
import type { SessionSettings } from './settings.ts';

/** What may change while a session runs: what its client asks for, and how much of it the load allows. */
export interface SessionConditions {
  readonly settings: SessionSettings;
  readonly serviceLevel: ServiceLevel;
}

/** The text of a final, and the language that it is written in. */
export interface FinalText {
  readonly text: string;
  readonly language: string;
}

/** The conditions of one decode, with what it may build on besides its own audio. */
export interface DecodeConditions extends SessionConditions {
  /** The sentence right before the utterance; undefined while anything in between waits to be published. */
  readonly leftContext: LeftContext | undefined;
  /** The last finals, oldest first. */
  readonly finals: readonly FinalText[];
}

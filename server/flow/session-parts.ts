import type { ServerOffer } from '../core/session/resolve-settings.ts';
import type { PipelineOptions } from '../core/session/settings.ts';
import type { Assistant } from '../ports/assistant.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { SpeechModel } from '../ports/speech-model.ts';
import type { TurnDetector } from '../ports/turn-detector.ts';
import type { Cleaners } from './clean-sentence.ts';
import type { DecodeScheduler } from './decode-scheduler.ts';
import type { Journals } from './journals.ts';
import type { Rooms } from './rooms.ts';
import type { ResumableSession, SessionRegistry } from './session-registry.ts';
import type { TranscriptRecorder } from './transcript-recorder.ts';

/** What every session of a server is made of; `S` is the session itself. */
export interface SharedSessionParts<S extends ResumableSession> {
  readonly scheduler: DecodeScheduler;
  readonly registry: SessionRegistry<S>;
  readonly speechModel: SpeechModel;
  /** Undefined where pauses are judged by their text alone. */
  readonly turnDetector?: TurnDetector | undefined;
  readonly cleaners: Cleaners;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly pipeline: PipelineOptions;
  readonly offer: ServerOffer;
  readonly engine: string;
  readonly cleanTimeoutMs: number;
  readonly pauseMs: number;
  /** How long a session outlives a lost connection, ms; 0 ends it at once. */
  readonly resumeGraceMs: number;
  /** Preserves sessions beyond the end of the process; undefined preserves none. */
  readonly journals?: Journals | undefined;
  /** Rooms for viewers; undefined allows none. */
  readonly rooms?: Rooms | undefined;
  /** Translates; undefined turns translation off. */
  readonly assistant?: Assistant | undefined;
  /** Name of the speech model that translates into English; undefined leaves that to the assistant. */
  readonly translationModel?: string | undefined;
  /** Records transcripts; undefined records none. */
  readonly recorder?: TranscriptRecorder | undefined;
}

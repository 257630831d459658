import type { ServiceLevel } from '../schedule/load-shedder.ts';
import type { Publisher } from './publisher.ts';
import type { PipelineOptions, SessionSettings } from './settings.ts';

/** What a track needs of its session. */
export interface SessionContext {
  readonly pipeline: PipelineOptions;
  readonly publisher: Publisher;
  settings(): SessionSettings;
  nextJob(): number;
  /** What to do with less under load. */
  advice(): ServiceLevel;
}

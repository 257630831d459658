import type { Publisher } from './publisher.ts';
import type { PipelineOptions, SessionSettings } from './settings.ts';

/** What a track needs of its session. */
export interface TrackDesk {
  readonly pipeline: PipelineOptions;
  readonly publisher: Publisher;
  settings(): SessionSettings;
  nextJob(): number;
  /** Multiplies the partial cadence under load; 0 is no partials. */
  cadence(): number;
}

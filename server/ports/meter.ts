/** Receives measurements from the flow; `observe` turns them into metrics. */
export interface Meter {
  decoded(kind: 'partial' | 'final', waitMs: number, decodeMs: number): void;
  queued(jobs: number): void;
  /** Share of the slots' time spent decoding, 0-1, and how much partials are slowed; 0 is off. */
  load(busy: number, cadence: number): void;
  audio(seconds: number): void;
  opened(live: number): void;
  ended(live: number): void;
  refused(): void;
  /** Time from the arrival of a text's last audio to the text, ms. */
  delay(kind: 'partial' | 'final', ms: number): void;
  finished(): void;
  /** A stretch was heard a second time, or that was given up, so long after its first sentence was said, ms. */
  heardAgain(outcome: 'heard' | 'given up', behindMs: number): void;
  /** Counts a sentence that got other words by its second hearing. */
  revised(): void;
  fault(code: string): void;
  /** Bytes of all journals. */
  journal(bytes: number): void;
  /** Counts a session that goes on without a journal. */
  unjournalled(): void;
  /** Number of viewers in all rooms. */
  viewers(count: number): void;
  /** Counts a viewer that was disconnected because it did not read. */
  viewerCut(): void;
}

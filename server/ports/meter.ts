/** What the flow reports of its work; `observe` turns it into metrics. */
export interface Meter {
  decoded(kind: 'partial' | 'final', waitMs: number, decodeMs: number): void;
  waiting(jobs: number): void;
  /** Share of the slots' time that decodes take, 0-1, and by how much partials are slowed; 0 is off. */
  load(busy: number, cadence: number): void;
  audio(seconds: number): void;
  opened(live: number): void;
  ended(live: number): void;
  refused(): void;
  /** From the arrival of a text's last sound to the text, ms. */
  delay(kind: 'partial' | 'final', ms: number): void;
  finished(): void;
  fault(code: string): void;
  /** Bytes of all journals. */
  journal(bytes: number): void;
  /** A session goes on without a journal. */
  unjournalled(): void;
  /** Viewers of all rooms. */
  viewers(count: number): void;
  /** A viewer was cut off because it did not read. */
  viewerCut(): void;
}

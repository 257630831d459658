import type { Meter } from '../ports/meter.ts';

const nothing = (): void => {};

/** Counts nothing: for work that is not a client's. */
export const silentMeter: Meter = {
  decoded: nothing,
  queued: nothing,
  load: nothing,
  audio: nothing,
  opened: nothing,
  ended: nothing,
  refused: nothing,
  delay: nothing,
  finished: nothing,
  heardAgain: nothing,
  revised: nothing,
  fault: nothing,
  journal: nothing,
  unjournalled: nothing,
  viewers: nothing,
  viewerCut: nothing,
};

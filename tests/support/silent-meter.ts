import type { Meter } from '../../server/ports/meter.ts';

const nothing = (): void => {};

/** Counts nothing. */
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
  fault: nothing,
  journal: nothing,
  unjournalled: nothing,
  viewers: nothing,
  viewerCut: nothing,
};

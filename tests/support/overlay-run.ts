import { RollUp, type RollUpFrame, type RollUpOptions } from '../../client/web/roll-up/roll-up.ts';
import { countUnitColumns } from '../../client/web/roll-up/units.ts';
import type { TextEvent } from '../../transcript/sentence.ts';

/** One recording as a room's events, each with the moment it came, ms since the first audio was sent. */
export interface RoomRecording {
  readonly file: string;
  readonly events: readonly { readonly atMs: number; readonly event: TextEvent }[];
}

/** What an overlay did with a recording. */
export interface OverlayRun {
  readonly lines: number;
  /** Complete lines that were seen with another text later; and rows that went back. */
  readonly changed: number;
  readonly wentBack: number;
  /** Settled words on the screen that gave way to others: the end of a sentence exchanged for its cleaned form. */
  readonly exchanged: number;
  readonly waitingMost: number;
  readonly skipped: number;
  /** Columns a second from the first change to the last, of recordings that fill more than the screen; 0 of shorter ones. */
  readonly columnsPerSecond: number;
}

/** Frames of a screen, a second. */
const FRAMES = 60;
/** Looked at so long after the last event, ms. */
const AFTER_MS = 20_000;

/** Plays events into the overlay's lines and looks at them as often as a screen does. */
export function runOverlay(
  { events }: RoomRecording,
  wanted: Pick<RollUpOptions, 'text' | 'interim'> & { readonly chars: number },
): OverlayRun {
  const rollUp = new RollUp({
    ...{ lines: 2, translate: '', speed: 20, fadeMs: 8_000, ...wanted },
    fits: (line) => countUnitColumns(line) <= wanted.chars,
    spell: (word) => word,
    mark: () => '',
  });
  const complete = new Map<number, string>();
  const settled = new Map<number, string>();
  const seen = new Map<number, number>();
  let [changed, wentBack, exchanged, waitingMost, bottom, firstMs, lastMs] = [0, 0, 0, 0, -1, -1, 0];
  const look = (shown: RollUpFrame, nowMs: number): void => {
    if (shown.bottom < bottom) wentBack++;
    bottom = shown.bottom;
    waitingMost = Math.max(waitingMost, shown.waiting);
    for (const line of shown.lines) {
      const text = line.settled + line.tail;
      const before = complete.get(line.index);
      if (before !== undefined && before !== text) changed++;
      if (line.complete) complete.set(line.index, text);
      if (!line.settled.startsWith(settled.get(line.index) ?? '')) exchanged++;
      settled.set(line.index, line.settled);
      if (seen.get(line.index) !== countUnitColumns(text)) lastMs = nowMs;
      if (firstMs < 0) firstMs = nowMs;
      seen.set(line.index, countUnitColumns(text));
    }
  };
  let at = 0;
  const end = (events.at(-1)?.atMs ?? 0) + AFTER_MS;
  for (let nowMs = 0; nowMs < end; nowMs += 1_000 / FRAMES) {
    for (; at < events.length && events[at]!.atMs <= nowMs; at++) rollUp.read(events[at]!.event, nowMs);
    look(rollUp.show(nowMs), nowMs);
  }
  // The last line may be read for as long as one likes.
  const columns = [...seen.values()].slice(0, -1).reduce((sum, each) => sum + each, 0);
  const { skipped } = rollUp.show(end);
  const columnsPerSecond = seen.size > 3 && lastMs > firstMs ? columns / ((lastMs - firstMs) / 1_000) : 0;
  return { lines: seen.size, changed, wentBack, exchanged, waitingMost, skipped, columnsPerSecond };
}

import { LIMITS, type ViewerEvent } from '../../protocol/index.ts';
import type { RoomEvent } from '../ports/room.ts';

type Words = 'with' | 'without';

/** Kinds of events that are kept for late viewers; of the others only the newest of each kind matters. */
export const RETAINED_EVENTS: ReadonlySet<string> = new Set(['final', 'revised', 'cleaned', 'translated']);

/** An event on its way to any number of viewers, serialised once. */
export class SharedEvent implements RoomEvent {
  readonly body: ViewerEvent;
  readonly #json = new Map<Words, string>();
  readonly #packed = new Map<string, string | Uint8Array>();

  constructor(body: ViewerEvent) {
    this.body = body;
  }

  get cursor(): number {
    return this.body.cursor;
  }

  toJson(words: Words): string {
    const wanted = 'words' in this.body ? words : 'with';
    let text = this.#json.get(wanted);
    if (text === undefined) {
      text = JSON.stringify(wanted === 'with' ? this.body : { ...this.body, words: undefined });
      this.#json.set(wanted, text);
    }
    return text;
  }

  getEncoded(kind: string, encode: () => string | Uint8Array): string | Uint8Array {
    let frame = this.#packed.get(kind);
    if (frame === undefined) {
      frame = encode();
      this.#packed.set(kind, frame);
    }
    return frame;
  }
}

/**
 * A room's events in the order of their cursors: finals and their revisions up to `roomHistoryBytesMax`, the
 * newest partial of each open sentence, and the newest event about who speaks.
 */
export class RoomLog {
  #events: SharedEvent[] = [];
  #bytes = 0;
  /** Every retained event after this cursor is still here. */
  #droppedUpTo: number;
  #lastCursor: number;
  #hasDropped = false;

  /** `start`: nothing is known about events at this cursor or before. */
  constructor(start: number) {
    this.#droppedUpTo = start;
    this.#lastCursor = start;
  }

  /** Cursor of the newest event. */
  get lastCursor(): number {
    return this.#lastCursor;
  }

  get droppedUpTo(): number {
    return this.#droppedUpTo;
  }

  /** Whether a retained event has been dropped. */
  get hasDropped(): boolean {
    return this.#hasDropped;
  }

  /** Bytes of the retained events. */
  get bytes(): number {
    return this.#bytes;
  }

  get events(): readonly RoomEvent[] {
    return this.#events;
  }

  /** The first event after a cursor. */
  findNext(cursor: number): RoomEvent | undefined {
    return cursor >= this.#lastCursor ? undefined : this.#events[this.#indexAfter(cursor)];
  }

  append(body: ViewerEvent): RoomEvent {
    this.#supersede(body);
    return this.#push(new SharedEvent(body));
  }

  /** Adds events of an earlier process, in any order; viewers that have them do not get them again. */
  restore(bodies: readonly ViewerEvent[]): void {
    const known = new Set(this.#events.map(({ cursor }) => cursor));
    const old = bodies.filter(({ cursor }) => !known.has(cursor)).map((body) => new SharedEvent(body));
    if (old.length === 0) return;
    const first = Math.min(...old.map(({ cursor }) => cursor));
    this.#events = [...old, ...this.#events].sort((a, b) => a.cursor - b.cursor);
    for (const event of old) this.#bytes += measureSize(event);
    this.#droppedUpTo = Math.min(this.#droppedUpTo, first - 1);
    this.#lastCursor = Math.max(this.#lastCursor, this.#events.at(-1)!.cursor);
    this.#trim();
  }

  /** Ends a session: its open sentences will never be finished. */
  closeSession(session: string): void {
    this.#events = this.#events.filter(
      ({ body }) => RETAINED_EVENTS.has(body.type) || !('session' in body) || body.session !== session,
    );
  }

  /** Drops all retained events. */
  clear(): void {
    this.#droppedUpTo = this.#lastCursor;
    this.#hasDropped ||= this.#bytes > 0;
    this.#events = this.#events.filter(({ body }) => !RETAINED_EVENTS.has(body.type));
    this.#bytes = 0;
  }

  #push(event: SharedEvent): RoomEvent {
    this.#events.push(event);
    this.#lastCursor = event.cursor;
    if (!RETAINED_EVENTS.has(event.body.type)) return event;
    this.#bytes += measureSize(event);
    this.#trim();
    return event;
  }

  #trim(): void {
    if (this.#bytes <= LIMITS.roomHistoryBytesMax) return;
    // Drop a tenth more at once, so that a full room does not copy its list for every sentence.
    const target = LIMITS.roomHistoryBytesMax * 0.9;
    this.#events = this.#events.filter((event) => {
      if (this.#bytes <= target || !RETAINED_EVENTS.has(event.body.type)) return true;
      this.#bytes -= measureSize(event);
      this.#droppedUpTo = event.cursor;
      this.#hasDropped = true;
      return false;
    });
  }

  /** Removes events that `body` makes obsolete. They are few and near the end. */
  #supersede(body: ViewerEvent): void {
    for (let index = this.#events.length - 1, checked = 0; index >= 0 && checked < 64; index--, checked++) {
      if (isSuperseded(this.#events[index]!.body, body)) this.#events.splice(index, 1);
    }
  }

  #indexAfter(cursor: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.cursor > cursor) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

const measureSize = (event: SharedEvent): number => event.toJson('with').length;

function isSuperseded(old: ViewerEvent, now: ViewerEvent): boolean {
  if (old.type === 'room') return now.type === 'room';
  if (!('session' in old && 'session' in now) || old.session !== now.session || old.channel !== now.channel)
    return false;
  if (old.type === 'speech') return now.type === 'speech';
  if (old.type !== 'partial') return false;
  if (now.type === 'partial') return old.sentence === now.sentence;
  return now.type === 'final' && old.sentence <= now.sentence;
}

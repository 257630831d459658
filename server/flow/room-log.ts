import { LIMITS, type ViewerEvent } from '../../protocol/index.ts';
import type { RoomEvent } from '../ports/room.ts';

type Words = 'with' | 'without';

/** Events that are kept for viewers who come late; of the others only the newest of its kind matters. */
export const RETAINED_EVENTS: ReadonlySet<string> = new Set(['final', 'cleaned', 'translated']);

/** An event on its way to any number of viewers: written once, whoever reads it. */
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

  json(words: Words): string {
    const wanted = this.body.type === 'final' ? words : 'with';
    let text = this.#json.get(wanted);
    if (text === undefined) {
      text = JSON.stringify(wanted === 'with' ? this.body : { ...this.body, words: undefined });
      this.#json.set(wanted, text);
    }
    return text;
  }

  packed(kind: string, pack: () => string | Uint8Array): string | Uint8Array {
    let frame = this.#packed.get(kind);
    if (frame === undefined) {
      frame = pack();
      this.#packed.set(kind, frame);
    }
    return frame;
  }
}

/**
 * What was told in a room, in the order of its cursors: finals, cleanings and translations up to
 * `roomHistoryBytesMax`, of each open sentence the newest partial, and the newest word on who speaks.
 */
export class RoomLog {
  #events: SharedEvent[] = [];
  #bytes = 0;
  /** Cursor behind which everything is here. */
  #forgotten: number;
  #last: number;
  #hasForgotten = false;

  /** `beginning`: nothing is known of what was told at it or before. */
  constructor(beginning: number) {
    this.#forgotten = beginning;
    this.#last = beginning;
  }

  /** Cursor of the newest event. */
  get last(): number {
    return this.#last;
  }

  get forgotten(): number {
    return this.#forgotten;
  }

  /** Whether something that was once kept here is no longer. */
  get hasForgotten(): boolean {
    return this.#hasForgotten;
  }

  /** Of what is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  get events(): readonly RoomEvent[] {
    return this.#events;
  }

  /** The first event behind a cursor. */
  next(cursor: number): RoomEvent | undefined {
    return cursor >= this.#last ? undefined : this.#events[this.#indexAfter(cursor)];
  }

  append(body: ViewerEvent): RoomEvent {
    this.#supersede(body);
    return this.#put(new SharedEvent(body));
  }

  /** What an earlier process told, in any order; it is not told again to who has it. */
  seed(bodies: readonly ViewerEvent[]): void {
    const known = new Set(this.#events.map(({ cursor }) => cursor));
    const old = bodies.filter(({ cursor }) => !known.has(cursor)).map((body) => new SharedEvent(body));
    if (old.length === 0) return;
    const first = Math.min(...old.map(({ cursor }) => cursor));
    this.#events = [...old, ...this.#events].sort((a, b) => a.cursor - b.cursor);
    for (const event of old) this.#bytes += sizeOf(event);
    this.#forgotten = Math.min(this.#forgotten, first - 1);
    this.#last = Math.max(this.#last, this.#events.at(-1)!.cursor);
    this.#bound();
  }

  /** A session is over: what it left open will never be finished. */
  close(session: string): void {
    this.#events = this.#events.filter(
      ({ body }) => RETAINED_EVENTS.has(body.type) || !('session' in body) || body.session !== session,
    );
  }

  /** Keeps nothing of what was told so far. */
  forget(): void {
    this.#forgotten = this.#last;
    this.#hasForgotten ||= this.#bytes > 0;
    this.#events = this.#events.filter(({ body }) => !RETAINED_EVENTS.has(body.type));
    this.#bytes = 0;
  }

  #put(event: SharedEvent): RoomEvent {
    this.#events.push(event);
    this.#last = event.cursor;
    if (!RETAINED_EVENTS.has(event.body.type)) return event;
    this.#bytes += sizeOf(event);
    this.#bound();
    return event;
  }

  #bound(): void {
    if (this.#bytes <= LIMITS.roomHistoryBytesMax) return;
    // A tenth more at once, so that a full room does not copy its list for every sentence.
    const target = LIMITS.roomHistoryBytesMax * 0.9;
    this.#events = this.#events.filter((event) => {
      if (this.#bytes <= target || !RETAINED_EVENTS.has(event.body.type)) return true;
      this.#bytes -= sizeOf(event);
      this.#forgotten = event.cursor;
      this.#hasForgotten = true;
      return false;
    });
  }

  /** Takes out what nobody needs once `body` is told. They are few and stand near the end. */
  #supersede(body: ViewerEvent): void {
    for (let at = this.#events.length - 1, looked = 0; at >= 0 && looked < 64; at--, looked++) {
      if (isOld(this.#events[at]!.body, body)) this.#events.splice(at, 1);
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

const sizeOf = (event: SharedEvent): number => event.json('with').length;

function isOld(old: ViewerEvent, now: ViewerEvent): boolean {
  if (old.type === 'room') return now.type === 'room';
  if (!('session' in old && 'session' in now) || old.session !== now.session || old.channel !== now.channel)
    return false;
  if (old.type === 'speech') return now.type === 'speech';
  if (old.type !== 'partial') return false;
  if (now.type === 'partial') return old.sentence === now.sentence;
  return now.type === 'final' && old.sentence <= now.sentence;
}

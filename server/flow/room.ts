import { Fault, LIMITS, type ServerEvent, type ViewerEvent } from '../../protocol/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { RoomEvent, RoomSubscriber, RoomSubscription } from '../ports/room.ts';
import { RETAINED_EVENTS, RoomLog, SharedEvent } from './room-log.ts';

/** Viewers served before others have their turn, and events that one of them gets meanwhile. */
const VIEWERS_AT_ONCE = 128;
const EVENTS_AT_ONCE = 64;
/** How often viewers that are behind are looked at again, ms. */
const BEHIND_EVERY_MS = 50;

export interface RoomSetup {
  readonly clock: Clock;
  /** Wall time, ms since 1970. */
  readonly wallMs: () => number;
  /** Runs something when others had their turn. */
  readonly later: (run: () => void) => void;
  /** Somebody spoke, watched or left for the last time. */
  readonly emptied: (room: Room) => void;
  readonly cutOff: () => void;
}

interface Seat {
  readonly watcher: RoomSubscriber;
  readonly wish: RoomSubscription;
  /** Cursor of the last event it was given. */
  at: number;
  /** Bytes that waited in its transport when it was last seen to take some, and when that was. */
  queued: number;
  movedMs: number;
  /** It was given something since the last beat; if not, it is told that the room is alive. */
  spoke: boolean;
  due: boolean;
}

/** Who speaks in a room. */
export interface SpeakerInfo {
  readonly session: string;
  /** Whose key. */
  readonly key: string;
  readonly language: string;
}

/**
 * One broadcast: what sessions say in it goes to everybody who watches. Speakers only leave their events here; viewers
 * are served afterwards, some at a time, each at its own pace, and whoever cannot keep up is cut off.
 */
export class Room {
  readonly name: string;
  readonly #setup: RoomSetup;
  readonly #log: RoomLog;
  readonly #speakers = new Map<string, SpeakerInfo>();
  readonly #seats = new Set<Seat>();
  /** Seats still to be served in this round; undefined between rounds. */
  #round: Iterator<Seat> | undefined;
  #again = false;
  #isAnyBehind = false;
  #behind: Disposable | undefined;
  #cursor: number;
  /** How long its text is kept when nobody is in it, ms. */
  idleMs: number = LIMITS.roomIdleMs;
  #owner: string | undefined;
  /** Something that is kept was said since the room has its owner. */
  #hasText = false;
  /** When the last speaker left, by the clock. */
  #leftMs = Number.NEGATIVE_INFINITY;
  /** Since when nobody is in it, by the clock. */
  idleSinceMs: number;

  constructor(name: string, setup: RoomSetup) {
    this.name = name;
    this.#setup = setup;
    // Cursors follow the wall clock, so that they also grow over restarts.
    this.#cursor = setup.wallMs();
    this.#log = new RoomLog(this.#cursor);
    this.idleSinceMs = setup.clock.nowMs();
  }

  /** Whose key spoke here last; only that key may read what is here. Undefined when nothing was said. */
  get owner(): string | undefined {
    return this.#owner;
  }

  /** Whose key alone may speak here: of who does now, or has said something within `idleMs`. Viewers hold no room. */
  get holder(): string | undefined {
    return this.isLive || this.#setup.clock.nowMs() - this.#leftMs < this.idleMs ? this.#owner : undefined;
  }

  get viewers(): number {
    return this.#seats.size;
  }

  get isLive(): boolean {
    return this.#speakers.size > 0;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /** What is kept, oldest first. */
  get events(): readonly RoomEvent[] {
    return this.#log.events;
  }

  /** Languages of translations that somebody here asked for. */
  get languages(): ReadonlySet<string> {
    return new Set([...this.#seats].flatMap(({ wish }) => wish.translate ?? []));
  }

  /** `told`: what an earlier process told of the session. Its key has been checked. */
  enter(speaking: SpeakerInfo, told: readonly (readonly [cursor: number, event: ServerEvent])[] = []): void {
    const { session, key } = speaking;
    this.#speakers.set(session, speaking);
    this.#claim(key);
    this.#seed(told, session);
    // Nobody can have made a link to it beforehand.
    if (session === this.name) this.idleMs = LIMITS.roomOfSessionIdleMs;
    this.#announce();
  }

  leave(session: string): void {
    if (!this.#speakers.delete(session)) return;
    this.#log.close(session);
    this.#announce();
    if (!this.isLive) this.#leftMs = this.#setup.clock.nowMs();
    // A name is reserved by what is said under it, not by naming it.
    if (!this.isLive && !this.#hasText) this.release();
    this.#rest();
  }

  /** Gives the event its place; undefined when viewers are not told of its kind. */
  tell(event: ServerEvent, session: string): number | undefined {
    const cursor = Math.max(this.#cursor + 1, this.#setup.wallMs());
    const body = viewed(event, { cursor, session, atMs: cursor });
    if (body === undefined) return undefined;
    this.#cursor = cursor;
    this.#log.append(body);
    this.#hasText ||= RETAINED_EVENTS.has(body.type);
    this.#serveLater();
    return cursor;
  }

  watch(watcher: RoomSubscriber, wish: RoomSubscription): Disposable {
    const { from } = wish;
    const asked = from === 'now' ? this.#log.last : from === 'start' ? 0 : from;
    // A cursor of the future was given out by nobody.
    const at = Math.min(Math.max(asked, this.#log.forgotten), this.#log.last);
    const movedMs = this.#setup.clock.nowMs();
    const seat: Seat = { watcher, wish, at, queued: 0, movedMs, spoke: true, due: false };
    this.#seats.add(seat);
    const missed = from === 'start' ? this.#log.hasForgotten : asked < this.#log.forgotten;
    const cut = missed ? ({ cut: true } as const) : {};
    watcher.send(new SharedEvent({ ...this.#state(at), ...cut }));
    // What is being said belongs to now.
    if (from === 'now') for (const event of this.#log.events) if (event.body.type === 'partial') watcher.send(event);
    this.#serveLater();
    return { [Symbol.dispose]: () => this.#stand(seat) };
  }

  /** Nothing was said for a while: whoever watches shall know that the line is not dead. */
  beat(): void {
    for (const seat of this.#seats) {
      seat.due = !seat.spoke;
      seat.spoke = false;
    }
    this.#serveLater();
  }

  /** Gives everybody what is there and sends them away. */
  close(fault: Fault): void {
    for (const seat of [...this.#seats]) {
      while (this.#give(seat));
      this.#cut(seat, fault);
    }
    this.#behind?.[Symbol.dispose]();
  }

  forget(): void {
    this.#log.forget();
  }

  /** Forgets what was said and whose room it was. */
  release(): void {
    this.#log.forget();
    this.#hasText = false;
    this.#owner = undefined;
  }

  /**
   * Before anything of the session is put here: what another key said is forgotten, and whoever may not watch this key's
   * rooms is sent away.
   */
  #claim(key: string): void {
    if (this.#owner === key) return;
    this.release();
    this.#owner = key;
    for (const seat of [...this.#seats]) {
      const fault = seat.watcher.refusalFor(key);
      if (fault === undefined) seat.at = Math.max(seat.at, this.#log.forgotten);
      else this.#cut(seat, fault);
    }
  }

  #seed(events: readonly (readonly [cursor: number, event: ServerEvent])[], session: string): void {
    this.#log.seed(events.flatMap(([cursor, event]) => viewed(event, { cursor, session, atMs: cursor }) ?? []));
    this.#cursor = Math.max(this.#cursor, this.#log.last);
    this.#hasText ||= this.#log.bytes > 0;
  }

  #state(cursor: number): Extract<ViewerEvent, { type: 'room' }> {
    const newest = [...this.#speakers.values()].at(-1);
    return {
      type: 'room',
      cursor,
      state: newest === undefined ? 'idle' : 'live',
      sessions: [...this.#speakers.keys()],
      ...(newest === undefined ? {} : { language: newest.language }),
    };
  }

  #announce(): void {
    this.#cursor = Math.max(this.#cursor + 1, this.#setup.wallMs());
    this.#log.append(this.#state(this.#cursor));
    this.#serveLater();
  }

  #stand(seat: Seat): void {
    if (this.#seats.delete(seat)) this.#rest();
  }

  #rest(): void {
    this.idleSinceMs = this.#setup.clock.nowMs();
    this.#setup.emptied(this);
  }

  #cut(seat: Seat, fault: Fault): void {
    seat.watcher.cut(fault);
    this.#stand(seat);
  }

  #serveLater(): void {
    if (this.#seats.size === 0) return;
    if (this.#round !== undefined) {
      this.#again = true;
      return;
    }
    this.#round = this.#seats.values();
    this.#isAnyBehind = false;
    this.#setup.later(() => this.#serve());
  }

  /** A part of a round. Speakers, and viewers of other rooms, have their turn between two of them. */
  #serve(): void {
    const round = this.#round!;
    for (let served = 0; served < VIEWERS_AT_ONCE; served++) {
      const next = round.next();
      if (next.done === true) return this.#roundOver();
      try {
        this.#visit(next.value);
      } catch (error) {
        // Serve the other viewers all the same; whoever runs this reports the bug.
        this.#stand(next.value);
        this.#setup.later(() => this.#serve());
        throw error;
      }
    }
    this.#setup.later(() => this.#serve());
  }

  #roundOver(): void {
    this.#round = undefined;
    const again = this.#again;
    this.#again = false;
    if (again) return this.#serveLater();
    this.#behind?.[Symbol.dispose]();
    this.#behind = undefined;
    if (!this.#isAnyBehind) return;
    this.#behind = this.#setup.clock.after(BEHIND_EVERY_MS, () => this.#serveLater());
  }

  #visit(seat: Seat): void {
    const { watcher } = seat;
    const nowMs = this.#setup.clock.nowMs();
    let queued = watcher.queuedBytes();
    if (queued === 0 || queued < seat.queued) seat.movedMs = nowMs;
    for (let given = 0; given < EVENTS_AT_ONCE && queued <= LIMITS.viewerBusyBytes && this.#give(seat); given++)
      queued = watcher.queuedBytes();
    seat.queued = queued;
    const isBehind = seat.at < this.#log.last;
    if (isBehind && (seat.at < this.#log.forgotten || nowMs - seat.movedMs > LIMITS.viewerStallMs)) {
      this.#setup.cutOff();
      return this.#cut(seat, new Fault('client.slow', { bytes: queued, limit: LIMITS.viewerBusyBytes }));
    }
    if (isBehind && queued <= LIMITS.viewerBusyBytes) this.#again = true;
    this.#isAnyBehind ||= isBehind;
    if (seat.due && queued === 0) watcher.send(new SharedEvent({ type: 'alive', cursor: seat.at }));
    seat.due = false;
  }

  /** The next event that is for it; false when there is none. */
  #give(seat: Seat): boolean {
    for (;;) {
      const event = this.#log.next(seat.at);
      if (event === undefined) return false;
      seat.at = event.cursor;
      if (event.body.type === 'translated' && event.body.language !== seat.wish.translate) continue;
      seat.spoke = true;
      seat.due = false;
      seat.watcher.send(event);
      return true;
    }
  }
}

/** What viewers are told of a session's event. */
function viewed(
  event: ServerEvent,
  place: { readonly cursor: number; readonly session: string; readonly atMs: number },
): ViewerEvent | undefined {
  const { cursor, session, atMs } = place;
  switch (event.type) {
    case 'partial': {
      const { type, channel, sentence, revision, stable, tentative, fromMs, toMs } = event;
      return { type, cursor, session, channel, sentence, revision, stable, tentative, fromMs, toMs };
    }
    case 'final': {
      const { type, channel, sentence, text, language, fromMs, toMs, words } = event;
      return { type, cursor, session, channel, sentence, text, language, fromMs, toMs, atMs, words };
    }
    case 'cleaned': {
      const { type, channel, sentence, text } = event;
      return { type, cursor, session, channel, sentence, text };
    }
    case 'translated': {
      const { type, channel, sentence, language, text } = event;
      return { type, cursor, session, channel, sentence, language, text };
    }
    case 'speech': {
      const { type, channel, state, atMs: heardMs } = event;
      return { type, cursor, session, channel, state, atMs: heardMs };
    }
    default:
      return undefined;
  }
}

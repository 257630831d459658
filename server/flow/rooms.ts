import { Fault, LIMITS, type ServerEvent } from '../../protocol/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import type { RoomSubscriber, RoomSubscription } from '../ports/room.ts';
import { Room, type RoomSetup, type SpeakerInfo } from './room.ts';
import { RETAINED_EVENTS } from './room-log.ts';

export interface RoomsOptions {
  readonly clock: Clock;
  readonly meter: Meter;
  /** Wall time, ms since 1970; default the system's. */
  readonly wallMs?: () => number;
  /** Runs something when others had their turn; default `setImmediate`. */
  readonly later?: (run: () => void) => void;
}

/** A session's place in its room. */
export interface RoomSpeaker {
  /** Takes the session's numbered events; viewers are served later. */
  tell(events: readonly ServerEvent[]): void;
  /** Cursor under which an event that is kept was told. */
  cursorOf(seq: number): number | undefined;
  /** Of translations that somebody in the room asks for. */
  readonly languages: ReadonlySet<string>;
  leave(): void;
}

/** Events whose cursors are known: more than are ever kept for a client that comes back. */
const CURSORS_MAX = 8_192;

/** Rooms of which nothing is kept but their place: more are forgotten as soon as nobody is in them. */
const BARE_ROOMS_MAX = 1_024;

/** All rooms of this server: those in which somebody speaks or watches, and for a while those where somebody did. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #setup: RoomSetup;
  #beat: Disposable | undefined;
  #viewers = 0;

  constructor({ clock, meter, wallMs = Date.now, later = setImmediate }: RoomsOptions) {
    this.#clock = clock;
    this.#meter = meter;
    const emptied = (room: Room): void => this.#emptied(room);
    this.#setup = { clock, wallMs, later, emptied, cutOff: () => meter.viewerCut() };
  }

  /** Everybody who watches. */
  get viewers(): number {
    return this.#viewers;
  }

  find(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /** Throws `auth.denied` when what was said in a room is another key's; `key` undefined may read every room. */
  check(name: string, key: string | undefined): void {
    refuseOther(name, key, this.#rooms.get(name)?.owner);
  }

  /** Throws `auth.denied` when another key speaks in a room, or did a short time ago. */
  checkSpeaker(name: string, key: string): void {
    refuseOther(name, key, this.#rooms.get(name)?.holder);
  }

  /**
   * A session speaks in a room from now on. `told` is what an earlier process told of it. Throws `auth.denied` when the
   * room is another key's.
   */
  speak(
    name: string,
    speaking: SpeakerInfo,
    told: readonly (readonly [cursor: number, event: ServerEvent])[] = [],
  ): RoomSpeaker {
    const { session, key } = speaking;
    this.checkSpeaker(name, key);
    const room = this.#open(name);
    const cursors = new Map<number, number>(told.map(([cursor, { seq }]) => [seq, cursor]));
    room.enter(speaking, told);
    return {
      tell: (events) => {
        for (const event of events) {
          const cursor = room.tell(event, session);
          if (cursor === undefined || !RETAINED_EVENTS.has(event.type)) continue;
          cursors.set(event.seq, cursor);
          if (cursors.size > CURSORS_MAX) cursors.delete(cursors.keys().next().value!);
        }
      },
      cursorOf: (seq) => cursors.get(seq),
      get languages() {
        return room.languages;
      },
      leave: () => room.leave(session),
    };
  }

  /** Somebody reads a room from now on, until the result is disposed of or the watcher is cut. */
  watch(name: string, wish: RoomSubscription, watcher: RoomSubscriber): Disposable {
    const room = this.#open(name);
    this.#meter.viewers(++this.#viewers);
    let watching = true;
    const gone = (): void => {
      if (!watching) return;
      watching = false;
      this.#meter.viewers(--this.#viewers);
    };
    const cut = (fault: Fault): void => {
      gone();
      watcher.cut(fault);
    };
    const seat = room.watch(
      {
        queuedBytes: () => watcher.queuedBytes(),
        send: (event) => watcher.send(event),
        refusalFor: (owner) => watcher.refusalFor(owner),
        cut,
      },
      wish,
    );
    return {
      [Symbol.dispose]: () => {
        gone();
        seat[Symbol.dispose]();
      },
    };
  }

  /** Tells everybody who watches to come back later. */
  close(): void {
    this.#beat?.[Symbol.dispose]();
    for (const room of [...this.#rooms.values()]) room.close(new Fault('server.draining', {}));
  }

  #open(name: string): Room {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      room = new Room(name, this.#setup);
      this.#rooms.set(name, room);
    }
    this.#beat ??= this.#clock.after(LIMITS.viewerAliveEveryMs, () => this.#turn());
    return room;
  }

  #turn(): void {
    this.#beat = undefined;
    const nowMs = this.#clock.nowMs();
    for (const room of this.#rooms.values()) {
      if (isEmpty(room) && nowMs - room.idleSinceMs >= room.idleMs) this.#rooms.delete(room.name);
      else room.beat();
    }
    if (this.#rooms.size > 0) this.#beat = this.#clock.after(LIMITS.viewerAliveEveryMs, () => this.#turn());
  }

  /** One key cannot reserve any number of names by saying a word in each. */
  #releaseOldest(owner: string | undefined): void {
    const idle = [...this.#rooms.values()].filter((room) => !room.isLive && room.owner === owner);
    if (owner === undefined || idle.length <= LIMITS.roomsPerKeyMax) return;
    idle.sort((a, b) => a.idleSinceMs - b.idleSinceMs);
    for (const oldest of idle.slice(0, idle.length - LIMITS.roomsPerKeyMax)) {
      oldest.release();
      if (isEmpty(oldest)) this.#rooms.delete(oldest.name);
    }
  }

  /** When the text of rooms where nobody speaks is too much, the oldest goes. */
  #emptied(room: Room): void {
    if (room.isLive) return;
    if (room.owner === undefined && isEmpty(room)) this.#rooms.delete(room.name);
    this.#releaseOldest(room.owner);
    if (this.#rooms.size > BARE_ROOMS_MAX && isEmpty(room) && room.bytes === 0) this.#rooms.delete(room.name);
    const idle = [...this.#rooms.values()].filter(({ isLive, bytes }) => !isLive && bytes > 0);
    let bytes = idle.reduce((sum, each) => sum + each.bytes, 0);
    if (bytes <= LIMITS.roomsIdleBytesMax) return;
    for (const oldest of idle.sort((a, b) => a.idleSinceMs - b.idleSinceMs)) {
      if (bytes <= LIMITS.roomsIdleBytesMax) return;
      bytes -= oldest.bytes;
      oldest.forget();
      if (isEmpty(oldest)) this.#rooms.delete(oldest.name);
    }
  }
}

const isEmpty = (room: Room): boolean => !room.isLive && room.viewers === 0;

function refuseOther(name: string, key: string | undefined, owner: string | undefined): void {
  if (key !== undefined && owner !== undefined && owner !== key)
    throw new Fault('auth.denied', { got: `Room ${name} of another key` });
}

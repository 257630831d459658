import { Fault, LIMITS, type ServerEvent } from '../../protocol/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import type { ActiveSubscription, RoomSubscriber, RoomSubscription } from '../ports/room.ts';
import { Room, type RoomSetup, type SpeakerInfo } from './room.ts';
import { RETAINED_EVENTS } from './room-log.ts';

export interface RoomsOptions {
  readonly clock: Clock;
  readonly meter: Meter;
  /** Wall time, ms since 1970; default the system's. */
  readonly wallMs?: () => number;
  /** Runs a function after other pending work; default `setImmediate`. */
  readonly runLater?: (run: () => void) => void;
}

/** A session's access to its room. */
export interface RoomSpeaker {
  /** Publishes the session's numbered events; viewers are served later. */
  publish(events: readonly ServerEvent[]): void;
  /** The cursor under which a retained event was published. */
  findCursor(seq: number): number | undefined;
  /** Languages of translations that viewers of the room request. */
  readonly languages: ReadonlySet<string>;
  leave(): void;
}

/** Events whose cursors are known: more than are ever kept for a reconnecting client. */
const CURSORS_MAX = 8_192;

/** Beyond this many rooms, those without text are removed as soon as they are empty. */
const EMPTY_ROOMS_MAX = 1_024;

/** All rooms of this server: those with speakers or viewers, and for a while those that had some. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #setup: RoomSetup;
  #keepAliveTimer: Disposable | undefined;
  #viewers = 0;

  constructor({ clock, meter, wallMs = Date.now, runLater = setImmediate }: RoomsOptions) {
    this.#clock = clock;
    this.#meter = meter;
    const onIdle = (room: Room): void => this.#onIdle(room);
    this.#setup = { clock, wallMs, runLater, onIdle, onDisconnect: () => meter.viewerCut() };
  }

  /** Number of viewers in all rooms. */
  get viewers(): number {
    return this.#viewers;
  }

  find(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /** Throws `auth.denied` when the room's text belongs to another key; `key` undefined may read every room. */
  checkReader(name: string, key: string | undefined): void {
    refuseOtherKey(name, key, this.#rooms.get(name)?.owner);
  }

  /** Throws `auth.denied` when another key speaks in the room, or did a short time ago. */
  checkSpeaker(name: string, key: string): void {
    refuseOtherKey(name, key, this.#rooms.get(name)?.holder);
  }

  /**
   * Lets a session speak in a room. `events` is what an earlier process published of it. Throws `auth.denied` when the
   * room is another key's.
   */
  enter(
    name: string,
    speaker: SpeakerInfo,
    events: readonly (readonly [cursor: number, event: ServerEvent])[] = [],
  ): RoomSpeaker {
    const { session, key } = speaker;
    this.checkSpeaker(name, key);
    const room = this.#open(name);
    const cursors = new Map<number, number>(events.map(([cursor, { seq }]) => [seq, cursor]));
    room.enter(speaker, events);
    return {
      publish: (events) => {
        for (const event of events) {
          const cursor = room.publish(event, session);
          if (cursor === undefined || !RETAINED_EVENTS.has(event.type)) continue;
          cursors.set(event.seq, cursor);
          if (cursors.size > CURSORS_MAX) cursors.delete(cursors.keys().next().value!);
        }
      },
      findCursor: (seq) => cursors.get(seq),
      get languages() {
        return room.languages;
      },
      leave: () => room.leave(session),
    };
  }

  /** Subscribes to a room until the result is disposed of or the subscriber is disconnected. */
  subscribe(name: string, subscription: RoomSubscription, subscriber: RoomSubscriber): ActiveSubscription {
    const room = this.#open(name);
    this.#meter.viewers(++this.#viewers);
    let isSubscribed = true;
    const unsubscribe = (): void => {
      if (!isSubscribed) return;
      isSubscribed = false;
      this.#meter.viewers(--this.#viewers);
    };
    const disconnect = (fault: Fault): void => {
      unsubscribe();
      subscriber.disconnect(fault);
    };
    const viewer = room.subscribe(
      {
        queuedBytes: () => subscriber.queuedBytes(),
        send: (event) => subscriber.send(event),
        findRefusal: (owner) => subscriber.findRefusal(owner),
        disconnect,
      },
      subscription,
    );
    return {
      drained: () => viewer.drained(),
      [Symbol.dispose]: () => {
        unsubscribe();
        viewer[Symbol.dispose]();
      },
    };
  }

  /** Tells every viewer to come back later. */
  close(): void {
    this.#keepAliveTimer?.[Symbol.dispose]();
    for (const room of [...this.#rooms.values()]) room.close(new Fault('server.draining', {}));
  }

  #open(name: string): Room {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      room = new Room(name, this.#setup);
      this.#rooms.set(name, room);
    }
    this.#keepAliveTimer ??= this.#clock.setTimer(LIMITS.viewerAliveEveryMs, () => this.#sendKeepAlives());
    return room;
  }

  #sendKeepAlives(): void {
    this.#keepAliveTimer = undefined;
    const nowMs = this.#clock.nowMs();
    for (const room of this.#rooms.values()) {
      if (isEmpty(room) && nowMs - room.idleSinceMs >= room.idleMs) this.#rooms.delete(room.name);
      else room.keepAlive();
    }
    if (this.#rooms.size > 0)
      this.#keepAliveTimer = this.#clock.setTimer(LIMITS.viewerAliveEveryMs, () => this.#sendKeepAlives());
  }

  /** Keeps one key from reserving any number of names by saying a word in each. */
  #releaseOldest(owner: string | undefined): void {
    const idle = [...this.#rooms.values()].filter((room) => !room.isLive && room.owner === owner);
    if (owner === undefined || idle.length <= LIMITS.roomsPerKeyMax) return;
    idle.sort((a, b) => a.idleSinceMs - b.idleSinceMs);
    for (const oldest of idle.slice(0, idle.length - LIMITS.roomsPerKeyMax)) {
      oldest.release();
      if (isEmpty(oldest)) this.#rooms.delete(oldest.name);
    }
  }

  /** Drops the oldest text when rooms without speakers hold too much. */
  #onIdle(room: Room): void {
    if (room.isLive) return;
    if (room.owner === undefined && isEmpty(room)) this.#rooms.delete(room.name);
    this.#releaseOldest(room.owner);
    if (this.#rooms.size > EMPTY_ROOMS_MAX && isEmpty(room) && room.bytes === 0) this.#rooms.delete(room.name);
    const idle = [...this.#rooms.values()].filter(({ isLive, bytes }) => !isLive && bytes > 0);
    let bytes = idle.reduce((sum, each) => sum + each.bytes, 0);
    if (bytes <= LIMITS.roomsIdleBytesMax) return;
    for (const oldest of idle.sort((a, b) => a.idleSinceMs - b.idleSinceMs)) {
      if (bytes <= LIMITS.roomsIdleBytesMax) return;
      bytes -= oldest.bytes;
      oldest.clear();
      if (isEmpty(oldest)) this.#rooms.delete(oldest.name);
    }
  }
}

const isEmpty = (room: Room): boolean => !room.isLive && room.viewers === 0;

function refuseOtherKey(name: string, key: string | undefined, owner: string | undefined): void {
  if (key !== undefined && owner !== undefined && owner !== key)
    throw new Fault('auth.denied', { got: `Room ${name} of another key` });
}

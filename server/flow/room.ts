import { Fault, LIMITS, type ServerEvent, type ViewerEvent } from '../../protocol/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { ActiveSubscription, RoomEvent, RoomSubscriber, RoomSubscription } from '../ports/room.ts';
import { RETAINED_EVENTS, RoomLog, SharedEvent } from './room-log.ts';

/** Viewers served before other work gets its turn, and events that one viewer gets meanwhile. */
const VIEWERS_PER_TURN = 128;
const EVENTS_PER_TURN = 64;

export interface RoomSetup {
  readonly clock: Clock;
  /** Wall time, ms since 1970. */
  readonly wallMs: () => number;
  /** Runs a function after other pending work. */
  readonly runLater: (run: () => void) => void;
  /** The last speaker or a viewer has left. */
  readonly onIdle: (room: Room) => void;
  readonly onDisconnect: () => void;
}

interface Viewer {
  readonly subscriber: RoomSubscriber;
  readonly subscription: RoomSubscription;
  /** Cursor of the last event sent to it. */
  cursor: number;
  /** Bytes that waited in its transport when it last read some, and when that was. */
  queuedBytes: number;
  lastReadMs: number;
  /** An event was sent since the last keep-alive; if not, the next one sends `alive`. */
  wasServed: boolean;
  needsKeepAlive: boolean;
}

/** A session that speaks in a room. */
export interface SpeakerInfo {
  readonly session: string;
  /** The key it belongs to. */
  readonly key: string;
  readonly language: string;
}

/**
 * One broadcast: everything sessions say in it goes to all subscribers. Speakers only append their events; viewers are
 * served afterwards, some at a time, each at its own pace, and those that cannot keep up are disconnected.
 */
export class Room {
  readonly name: string;
  readonly #setup: RoomSetup;
  readonly #log: RoomLog;
  readonly #speakers = new Map<string, SpeakerInfo>();
  readonly #viewers = new Set<Viewer>();
  /** Viewers to be served, in this order. */
  readonly #queue = new Set<Viewer>();
  /** All viewers are to be served; those that are not in the queue join it in the next turn. */
  #areAllDue = false;
  #isTurnScheduled = false;
  #cursor: number;
  /** How long the text is kept when the room is empty, ms. */
  idleMs: number = LIMITS.roomIdleMs;
  #owner: string | undefined;
  /** Something that is kept was said since the room has its owner. */
  #hasText = false;
  /** When the last speaker left, on the monotonic clock. */
  #lastSpeechMs = Number.NEGATIVE_INFINITY;
  /** Since when the room is empty, on the monotonic clock. */
  idleSinceMs: number;

  constructor(name: string, setup: RoomSetup) {
    this.name = name;
    this.#setup = setup;
    // Cursors follow the wall clock, so that they also grow across restarts.
    this.#cursor = setup.wallMs();
    this.#log = new RoomLog(this.#cursor);
    this.idleSinceMs = setup.clock.nowMs();
  }

  /** The key that spoke here last; only that key may read the room. Undefined when nothing was said. */
  get owner(): string | undefined {
    return this.#owner;
  }

  /** The only key that may speak here: the one that speaks now, or did within `idleMs`. Viewers do not hold a room. */
  get holder(): string | undefined {
    return this.isLive || this.#setup.clock.nowMs() - this.#lastSpeechMs < this.idleMs ? this.#owner : undefined;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  get isLive(): boolean {
    return this.#speakers.size > 0;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /** The retained events, oldest first. */
  get events(): readonly RoomEvent[] {
    return this.#log.events;
  }

  /** Languages of translations that viewers requested. */
  get languages(): ReadonlySet<string> {
    return new Set([...this.#viewers].flatMap(({ subscription }) => subscription.translate ?? []));
  }

  /** `events`: what an earlier process published of the session. The caller has checked the key. */
  enter(speaker: SpeakerInfo, events: readonly (readonly [cursor: number, event: ServerEvent])[] = []): void {
    const { session, key } = speaker;
    this.#speakers.set(session, speaker);
    this.#claim(key);
    this.#restore(events, session);
    // Nobody can have made a link to it beforehand.
    if (session === this.name) this.idleMs = LIMITS.roomOfSessionIdleMs;
    this.#announce();
  }

  leave(session: string): void {
    if (!this.#speakers.delete(session)) return;
    this.#log.closeSession(session);
    this.#announce();
    if (!this.isLive) this.#lastSpeechMs = this.#setup.clock.nowMs();
    // A name is reserved by what is said under it, not by being mentioned.
    if (!this.isLive && !this.#hasText) this.release();
    this.#onIdle();
  }

  /** Publishes the event and returns its cursor; undefined when viewers do not get events of this kind. */
  publish(event: ServerEvent, session: string): number | undefined {
    const cursor = Math.max(this.#cursor + 1, this.#setup.wallMs());
    const body = toViewerEvent(event, { cursor, session, atMs: cursor });
    if (body === undefined) return undefined;
    this.#cursor = cursor;
    this.#log.append(body);
    this.#hasText ||= RETAINED_EVENTS.has(body.type);
    this.#serveLater();
    return cursor;
  }

  subscribe(subscriber: RoomSubscriber, subscription: RoomSubscription): ActiveSubscription {
    const { from } = subscription;
    const requested = from === 'now' ? this.#log.lastCursor : from === 'start' ? 0 : from;
    // Nobody was given a cursor in the future.
    const at = Math.min(Math.max(requested, this.#log.droppedUpTo), this.#log.lastCursor);
    const lastReadMs = this.#setup.clock.nowMs();
    const viewer: Viewer = {
      subscriber,
      subscription,
      cursor: at,
      queuedBytes: 0,
      lastReadMs,
      wasServed: true,
      needsKeepAlive: false,
    };
    this.#viewers.add(viewer);
    const isIncomplete = from === 'start' ? this.#log.hasDropped : requested < this.#log.droppedUpTo;
    const incomplete = isIncomplete ? ({ cut: true } as const) : {};
    subscriber.send(new SharedEvent({ ...this.#state(at), ...incomplete }));
    // Partials belong to what is being said now.
    if (from === 'now') for (const event of this.#log.events) if (event.body.type === 'partial') subscriber.send(event);
    this.#serveLater();
    return { drained: () => this.#onDrained(viewer), [Symbol.dispose]: () => this.#remove(viewer) };
  }

  /** Sends `alive` to viewers that got nothing for a while, so that they know the connection works. */
  keepAlive(): void {
    for (const viewer of this.#viewers) {
      viewer.needsKeepAlive = !viewer.wasServed;
      viewer.wasServed = false;
    }
    this.#serveLater();
  }

  /** Sends every viewer its remaining events, then disconnects them. */
  close(fault: Fault): void {
    for (const viewer of [...this.#viewers]) {
      while (this.#sendNext(viewer));
      this.#disconnect(viewer, fault);
    }
  }

  clear(): void {
    this.#log.clear();
  }

  /** Drops the text and the owner. */
  release(): void {
    this.#log.clear();
    this.#hasText = false;
    this.#owner = undefined;
  }

  /**
   * Gives the room to `key`, before anything of its session is published: what another key said is dropped, and viewers
   * that may not watch this key's rooms are disconnected.
   */
  #claim(key: string): void {
    if (this.#owner === key) return;
    this.release();
    this.#owner = key;
    for (const viewer of [...this.#viewers]) {
      const fault = viewer.subscriber.findRefusal(key);
      if (fault === undefined) viewer.cursor = Math.max(viewer.cursor, this.#log.droppedUpTo);
      else this.#disconnect(viewer, fault);
    }
  }

  #restore(events: readonly (readonly [cursor: number, event: ServerEvent])[], session: string): void {
    this.#log.restore(
      events.flatMap(([cursor, event]) => toViewerEvent(event, { cursor, session, atMs: cursor }) ?? []),
    );
    this.#cursor = Math.max(this.#cursor, this.#log.lastCursor);
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

  #remove(viewer: Viewer): void {
    this.#queue.delete(viewer);
    if (this.#viewers.delete(viewer)) this.#onIdle();
  }

  #onIdle(): void {
    this.idleSinceMs = this.#setup.clock.nowMs();
    this.#setup.onIdle(this);
  }

  #disconnect(viewer: Viewer, fault: Fault): void {
    viewer.subscriber.disconnect(fault);
    this.#remove(viewer);
  }

  #onDrained(viewer: Viewer): void {
    if (!this.#viewers.has(viewer) || viewer.cursor >= this.#log.lastCursor) return;
    this.#queue.add(viewer);
    this.#scheduleTurn();
  }

  #serveLater(): void {
    this.#areAllDue = true;
    this.#scheduleTurn();
  }

  #scheduleTurn(): void {
    if (this.#isTurnScheduled || this.#viewers.size === 0) return;
    this.#isTurnScheduled = true;
    this.#setup.runLater(() => this.#serveSome());
  }

  /** Serves the first viewers of the queue. Speakers, and viewers of other rooms, get their turn before the next ones. */
  #serveSome(): void {
    this.#isTurnScheduled = false;
    if (this.#areAllDue) for (const viewer of this.#viewers) this.#queue.add(viewer);
    this.#areAllDue = false;
    const unfinished: Viewer[] = [];
    let left = VIEWERS_PER_TURN;
    try {
      for (const viewer of this.#queue) {
        if (left-- === 0) break;
        this.#queue.delete(viewer);
        if (this.#serveViewer(viewer)) unfinished.push(viewer);
      }
    } finally {
      for (const viewer of unfinished) this.#queue.add(viewer);
      if (this.#queue.size > 0) this.#scheduleTurn();
    }
  }

  /** Sends a viewer what it may get in this turn. Returns whether there is more that need not wait for it to drain. */
  #serveViewer(viewer: Viewer): boolean {
    try {
      return this.#sendTo(viewer);
    } catch (error) {
      // The other viewers are served all the same; whoever runs the turn reports the bug.
      this.#remove(viewer);
      throw error;
    }
  }

  #sendTo(viewer: Viewer): boolean {
    const { subscriber } = viewer;
    const nowMs = this.#setup.clock.nowMs();
    let queued = subscriber.queuedBytes();
    if (queued === 0 || queued < viewer.queuedBytes) viewer.lastReadMs = nowMs;
    for (let sent = 0; sent < EVENTS_PER_TURN && queued <= LIMITS.viewerBusyBytes && this.#sendNext(viewer); sent++)
      queued = subscriber.queuedBytes();
    viewer.queuedBytes = queued;
    const isBehind = viewer.cursor < this.#log.lastCursor;
    if (isBehind && (viewer.cursor < this.#log.droppedUpTo || nowMs - viewer.lastReadMs > LIMITS.viewerStallMs)) {
      this.#setup.onDisconnect();
      this.#disconnect(viewer, new Fault('client.slow', { bytes: queued, limit: LIMITS.viewerBusyBytes }));
      return false;
    }
    if (viewer.needsKeepAlive && queued === 0)
      subscriber.send(new SharedEvent({ type: 'alive', cursor: viewer.cursor }));
    viewer.needsKeepAlive = false;
    return isBehind && queued <= LIMITS.viewerBusyBytes;
  }

  /** Sends the next event meant for it; false when there is none. */
  #sendNext(viewer: Viewer): boolean {
    for (;;) {
      const event = this.#log.findNext(viewer.cursor);
      if (event === undefined) return false;
      viewer.cursor = event.cursor;
      if (event.body.type === 'translated' && event.body.language !== viewer.subscription.translate) continue;
      viewer.wasServed = true;
      viewer.needsKeepAlive = false;
      viewer.subscriber.send(event);
      return true;
    }
  }
}

/** Converts a session's event for viewers. */
function toViewerEvent(
  event: ServerEvent,
  position: { readonly cursor: number; readonly session: string; readonly atMs: number },
): ViewerEvent | undefined {
  const { cursor, session, atMs } = position;
  switch (event.type) {
    case 'partial': {
      const { type, channel, sentence, revision, stable, tentative, fromMs, toMs } = event;
      return { type, cursor, session, channel, sentence, revision, stable, tentative, fromMs, toMs };
    }
    case 'final': {
      const { type, channel, sentence, text, language, fromMs, toMs, words } = event;
      return { type, cursor, session, channel, sentence, text, language, fromMs, toMs, atMs, words };
    }
    case 'revised': {
      const { type, channel, sentence, text, words } = event;
      return { type, cursor, session, channel, sentence, text, words };
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
      const { type, channel, state, atMs } = event;
      return { type, cursor, session, channel, state, atMs: atMs };
    }
    default:
      return undefined;
  }
}

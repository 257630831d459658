import { Fault, LIMITS } from '../../protocol/index.ts';
import { CaptionAssembler, CaptionSegments, FORM_TIMEOUT_MS, getAwaitedForm } from '../../transcript/index.ts';
import type { Rooms } from '../flow/rooms.ts';
import type { Clock } from '../ports/clock.ts';
import type { RoomSubscriber } from '../ports/room.ts';

/** Segment durations that players handle well. The hold covers a sentence, its cleaning and its translation. */
const SHAPE = { segmentMs: 6_000, holdMs: 8_000, keep: 10 };

export interface PlaylistRequest {
  readonly room: string;
  /** Public id of the key whose rooms the viewer may read; undefined allows those of every key. */
  readonly key: string | undefined;
  readonly text: 'cleaned' | 'raw';
  /** Language of the captions. Sentences without a translation stay as spoken. */
  readonly translate: string | undefined;
  /** Wall time of caption time 00:00:00.000, ms since 1970; default: start of the first segment at the first request. */
  readonly startMs: number | undefined;
  /** MPEG-TS timestamp of the video at that time, in units of 1/90,000 s. */
  readonly mpegts: number;
  /** Token of the viewer, which is repeated in the address of each segment. */
  readonly token: string | undefined;
}

export interface RoomHlsSetup {
  readonly rooms: Pick<Rooms, 'find' | 'subscribe'>;
  readonly clock: Clock;
  /** Wall time, ms since 1970. */
  readonly wallMs: () => number;
}

/**
 * Captions of rooms as live WebVTT for HLS. From the first request on, a room is cut into segments: each request adds those that
 * have become due. Until it is dropped for want of requests, its captions are also translated into its language.
 */
export class RoomHls {
  readonly #setup: RoomHlsSetup;
  readonly #cuts = new Map<string, Cut>();
  #sweeping: Disposable | undefined;

  constructor(setup: RoomHlsSetup) {
    this.#setup = setup;
  }

  /** Renders the playlist. Throws `viewer.full` when too many rooms are requested in this way. */
  playlist(wish: PlaylistRequest): string {
    const { segments, beganMs } = this.#cut(wish);
    const { text, translate, startMs, mpegts, token } = wish;
    const query = new URLSearchParams({ start: isoOf(startMs ?? beganMs), mpegts: String(mpegts) });
    if (text === 'raw') query.set('text', text);
    if (translate !== undefined) query.set('translate', translate);
    if (token !== undefined) query.set('token', token);
    return segments.playlist({ state: 'live', iso: isoOf, uri: (number) => `captions/${number}.vtt?${query}` });
  }

  /** Renders a segment; undefined when it is not complete yet, or no longer kept. Throws `viewer.full`. */
  segment(wish: PlaylistRequest, number: number): string | undefined {
    const { segments, beganMs } = this.#cut(wish);
    return segments.segment(number, { originMs: wish.startMs ?? beganMs, mpegts: wish.mpegts });
  }

  #cut({ room, key: viewer, text, translate }: PlaylistRequest): Cut {
    const { rooms, wallMs } = this.#setup;
    const nowMs = wallMs();
    this.#forget(nowMs);
    const name = `${room} ${text} ${translate ?? ''}`;
    const owner = rooms.find(room)?.owner;
    let cut = this.#cuts.get(name);
    // Words of another key are not for viewers of this one.
    if (cut?.isOf(owner) === false) {
      this.#drop(name, cut);
      cut = undefined;
    }
    if (cut === undefined) {
      this.#checkPlace(viewer);
      cut = new Cut({ text, translate, viewer }, nowMs, (watcher) =>
        translate === undefined ? undefined : rooms.subscribe(room, { from: 'now', translate }, watcher),
      );
      this.#cuts.set(name, cut);
      this.#forgetLater();
    }
    cut.advance(rooms.find(room), nowMs);
    return cut;
  }

  /** Throws `viewer.full`. */
  #checkPlace(viewer: string | undefined): void {
    const check = (count: number, most: number, what: string): void => {
      if (count >= most) throw new Fault('viewer.full', { count, what });
    };
    check(this.#cuts.size, LIMITS.hlsPlaylistsMax, 'playlists of captions on this server');
    if (viewer === undefined || viewer === '') return;
    const own = [...this.#cuts.values()].filter((cut) => cut.viewer === viewer).length;
    check(own, LIMITS.hlsPlaylistsPerKeyMax, 'playlists of captions of this key');
  }

  #drop(name: string, cut: Cut): void {
    this.#cuts.delete(name);
    cut.wish?.[Symbol.dispose]();
  }

  #forget(nowMs: number): void {
    for (const [name, cut] of this.#cuts) if (nowMs - cut.askedMs >= LIMITS.hlsIdleMs) this.#drop(name, cut);
  }

  #forgetLater(): void {
    this.#sweeping ??= this.#setup.clock.setTimer(LIMITS.hlsIdleMs, () => {
      this.#sweeping = undefined;
      this.#forget(this.#setup.wallMs());
      if (this.#cuts.size > 0) this.#forgetLater();
    });
  }
}

/** Captions of one room in one form, cut into segments up to the last request. */
class Cut {
  readonly segments: CaptionSegments;
  /** Wall time at which the first segment starts, ms since 1970. */
  readonly beganMs: number;
  askedMs: number;
  /** Key of the viewer that made the first request. */
  readonly viewer: string | undefined;
  /** Subscription that keeps its language translated. */
  readonly wish: Disposable | undefined;
  readonly #sentences: CaptionAssembler;
  /** Cursor of the last event that was read. */
  #cursor = 0;
  /** Key whose words it contains. */
  #owner: string | undefined;

  /** The first playlist is full, so that a player starts at once; earlier captions are left out. */
  constructor(
    { text, translate, viewer }: Pick<PlaylistRequest, 'text' | 'translate'> & { readonly viewer: string | undefined },
    nowMs: number,
    watch: (watcher: RoomSubscriber) => Disposable | undefined,
  ) {
    this.viewer = viewer;
    // It only requests the language: events are read when a player asks for them.
    this.wish = watch({
      queuedBytes: () => 0,
      send: () => {},
      disconnect: () => {},
      findRefusal: (owner) =>
        this.isOf(owner) ? undefined : new Fault('auth.denied', { got: 'A room of another key' }),
    });
    const fromMs = nowMs - SHAPE.holdMs - SHAPE.keep * SHAPE.segmentMs;
    this.segments = new CaptionSegments(SHAPE, fromMs);
    this.beganMs = Math.floor(fromMs / SHAPE.segmentMs) * SHAPE.segmentMs;
    const waitMs = FORM_TIMEOUT_MS.segment[getAwaitedForm({ text, translate }) ?? 'cleaned'];
    this.#sentences = new CaptionAssembler({ text, translate, waitMs });
    this.askedMs = nowMs;
  }

  /** Whether it contains no words of another key. */
  isOf(owner: string | undefined): boolean {
    return this.#owner === undefined || owner === undefined || this.#owner === owner;
  }

  advance(room: ReturnType<Rooms['find']>, nowMs: number): void {
    this.askedMs = nowMs;
    this.#owner = room?.owner ?? this.#owner;
    const events = room?.events ?? [];
    let at = events.length;
    while (at > 0 && events[at - 1]!.cursor > this.#cursor) at--;
    for (const { cursor, body } of events.slice(at)) {
      this.#cursor = cursor;
      // The wait counts from when the sentence was published, not from the request.
      this.#sentences.read(body, body.type === 'final' ? body.atMs : nowMs);
    }
    for (const caption of this.#sentences.take(nowMs)) if (caption.atMs >= this.beganMs) this.segments.add(caption);
    this.segments.advance(nowMs);
  }
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

import { Fault, LIMITS } from '../../protocol/index.ts';
import {
  CaptionAssembler,
  CaptionSegments,
  FORM_TIMEOUT_MS,
  getAwaitedForm,
  REVISION_TIMEOUT_MS,
  type TextForm,
} from '../../transcript/index.ts';
import type { Rooms } from '../flow/rooms.ts';
import type { Clock } from '../ports/clock.ts';
import type { RoomSubscriber } from '../ports/room.ts';

/** Six seconds are what HLS players expect; the hold is the time that a sentence, its cleaning and its translation take. */
const SHAPE = { segmentMs: 6_000, holdMs: 8_000, keep: 10 };
/** With `text=revised` segments close when a second hearing is over: for a video that is sent a minute late. */
const REVISED_SHAPE = { ...SHAPE, holdMs: REVISION_TIMEOUT_MS + 8_000 };

export interface PlaylistRequest {
  readonly room: string;
  /** Public id of the key whose rooms the viewer may read; undefined: those of every key. */
  readonly key: string | undefined;
  readonly text: TextForm;
  /** Language to translate into. Sentences without a translation appear as spoken. */
  readonly translate: string | undefined;
  /** Wall-clock time that is 00:00:00.000, ms since 1970. Default: the beginning of the first segment of the first request. */
  readonly startMs: number | undefined;
  /** MPEG-TS timestamp of the video at that moment, 90,000 per second. */
  readonly mpegts: number;
  /** The viewer's token, which the requests for segments repeat. */
  readonly token: string | undefined;
}

export interface RoomHlsSetup {
  readonly rooms: Pick<Rooms, 'find' | 'subscribe'>;
  readonly clock: Clock;
  /** Wall-clock time, ms since 1970. */
  readonly wallMs: () => number;
}

/**
 * Captions of rooms as live WebVTT for HLS. A room is cut into segments from its first request on: each request closes the
 * segments that are due. A playlist that nobody requests is dropped. Until then the room is translated into its language.
 */
export class RoomHls {
  readonly #setup: RoomHlsSetup;
  readonly #cuts = new Map<string, Cut>();
  #sweeping: Disposable | undefined;

  constructor(setup: RoomHlsSetup) {
    this.#setup = setup;
  }

  /** Throws `viewer.full` when too many playlists are in use. */
  playlist(request: PlaylistRequest): string {
    const { segments, beganMs } = this.#cut(request);
    const { text, translate, startMs, mpegts, token } = request;
    const query = new URLSearchParams({ start: isoOf(startMs ?? beganMs), mpegts: String(mpegts) });
    if (text !== 'cleaned') query.set('text', text);
    if (translate !== undefined) query.set('translate', translate);
    if (token !== undefined) query.set('token', token);
    return segments.playlist({ state: 'live', iso: isoOf, uri: (number) => `captions/${number}.vtt?${query}` });
  }

  /** Undefined when the segment is not closed yet or no longer stored. Throws `viewer.full`. */
  segment(request: PlaylistRequest, number: number): string | undefined {
    const { segments, beganMs } = this.#cut(request);
    return segments.segment(number, { originMs: request.startMs ?? beganMs, mpegts: request.mpegts });
  }

  #cut({ room, key: viewer, text, translate }: PlaylistRequest): Cut {
    const { rooms, wallMs } = this.#setup;
    const nowMs = wallMs();
    this.#forget(nowMs);
    const name = `${room} ${text} ${translate ?? ''}`;
    const owner = rooms.find(room)?.owner;
    let cut = this.#cuts.get(name);
    // The viewers of this key must not see what another key said.
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
    cut.request?.[Symbol.dispose]();
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

/** The captions of one room in one form, in segments up to the last request. */
class Cut {
  readonly segments: CaptionSegments;
  /** Wall-clock time at which the first segment begins, ms since 1970. */
  readonly beganMs: number;
  askedMs: number;
  /** The key of the first request. */
  readonly viewer: string | undefined;
  /** Subscription that has the room translated; disposed of with the playlist. */
  readonly request: Disposable | undefined;
  readonly #sentences: CaptionAssembler;
  /** Cursor of the last event that was read. */
  #cursor = 0;
  /** The key whose text is in it. */
  #owner: string | undefined;

  /** The first playlist is full, so that a player starts at once; older text is left out. */
  constructor(
    { text, translate, viewer }: Pick<PlaylistRequest, 'text' | 'translate'> & { readonly viewer: string | undefined },
    nowMs: number,
    watch: (watcher: RoomSubscriber) => Disposable | undefined,
  ) {
    this.viewer = viewer;
    // The subscription only requests the language: the text is read when a player asks for it.
    this.request = watch({
      queuedBytes: () => 0,
      send: () => {},
      disconnect: () => {},
      findRefusal: (owner) =>
        this.isOf(owner) ? undefined : new Fault('auth.denied', { got: 'A room of another key' }),
    });
    const shape = text === 'revised' ? REVISED_SHAPE : SHAPE;
    const fromMs = nowMs - shape.holdMs - shape.keep * shape.segmentMs;
    this.segments = new CaptionSegments(shape, fromMs);
    this.beganMs = Math.floor(fromMs / shape.segmentMs) * shape.segmentMs;
    const awaited = getAwaitedForm({ text, translate });
    const waitMs =
      awaited === undefined && text === 'revised' ? REVISION_TIMEOUT_MS : FORM_TIMEOUT_MS.segment[awaited ?? 'cleaned'];
    this.#sentences = new CaptionAssembler({ text, translate, waitMs });
    this.askedMs = nowMs;
  }

  /** Whether it contains nothing of another key. */
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
      // A sentence has waited since it became final, not since a player asked.
      this.#sentences.read(body, body.type === 'final' ? body.atMs : nowMs);
    }
    for (const caption of this.#sentences.take(nowMs)) if (caption.atMs >= this.beganMs) this.segments.add(caption);
    this.segments.advance(nowMs);
  }
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

import { CaptionSegments, Fault, LIMITS, Sentences } from '../../protocol/index.ts';
import type { Rooms } from '../flow/rooms.ts';
import type { Clock } from '../ports/clock.ts';
import type { Watcher } from '../ports/room.ts';

/** Segments as players like them; the hold is what a sentence, its cleaning and its translation take. */
const SHAPE = { segmentMs: 6_000, holdMs: 8_000, keep: 10 };
/** Longest wait for a cleaning, and for a translation behind it, ms. */
const WAIT_MS = { cleaned: 4_000, translated: 1_000 + LIMITS.translationTimeoutMs };
/** It only asks for the language: what was said is read when a player asks. */
const SILENT: Watcher = { queuedBytes: () => 0, send: () => {}, cut: () => {} };

export interface HlsWish {
  readonly room: string;
  readonly text: 'cleaned' | 'raw';
  /** A language; what has no translation stands as it was spoken. */
  readonly translate: string | undefined;
  /** Wall time that counts as 00:00:00.000, ms since 1970; default the first segment's at the first request. */
  readonly startMs: number | undefined;
  /** Time stamp of the picture at that moment, of 90,000 a second. */
  readonly mpegts: number;
  /** Of the viewer, to be shown again for each segment. */
  readonly token: string | undefined;
}

export interface RoomHlsSetup {
  readonly rooms: Pick<Rooms, 'find' | 'watch'>;
  readonly clock: Clock;
  /** Wall time, ms since 1970. */
  readonly wallMs: () => number;
}

/**
 * Captions of rooms as live WebVTT for HLS. A room that somebody asks for is cut into segments from then on, at each
 * request as far as time has gone, and is forgotten when nobody asks. Meanwhile its language is one that is watched for.
 */
export class RoomHls {
  readonly #setup: RoomHlsSetup;
  readonly #cuts = new Map<string, Cut>();
  #sweeping: Disposable | undefined;

  constructor(setup: RoomHlsSetup) {
    this.#setup = setup;
  }

  /** Throws `viewer.full` when too many rooms are asked for in this way. */
  playlist(wish: HlsWish): string {
    const { segments, beganMs } = this.#cut(wish);
    const { text, translate, startMs, mpegts, token } = wish;
    const query = new URLSearchParams({ start: isoOf(startMs ?? beganMs), mpegts: String(mpegts) });
    if (text === 'raw') query.set('text', text);
    if (translate !== undefined) query.set('translate', translate);
    if (token !== undefined) query.set('token', token);
    return segments.playlist({ state: 'live', iso: isoOf, uri: (number) => `captions/${number}.vtt?${query}` });
  }

  /** Undefined when it is not closed yet, or no longer kept. Throws `viewer.full`. */
  segment(wish: HlsWish, number: number): string | undefined {
    const { segments, beganMs } = this.#cut(wish);
    return segments.segment(number, { originMs: wish.startMs ?? beganMs, mpegts: wish.mpegts });
  }

  #cut({ room, text, translate }: HlsWish): Cut {
    const nowMs = this.#setup.wallMs();
    this.#forget(nowMs);
    const key = `${room} ${text} ${translate ?? ''}`;
    let cut = this.#cuts.get(key);
    if (cut === undefined) {
      if (this.#cuts.size >= LIMITS.hlsPlaylistsMax)
        throw new Fault('viewer.full', { count: this.#cuts.size, what: 'playlists of captions on this server' });
      const { rooms } = this.#setup;
      const wish = translate === undefined ? undefined : rooms.watch(room, { from: 'now', translate }, SILENT);
      cut = new Cut({ text, translate }, nowMs, wish);
      this.#cuts.set(key, cut);
      this.#forgetLater();
    }
    cut.advance(this.#setup.rooms.find(room)?.events ?? [], nowMs);
    return cut;
  }

  #forget(nowMs: number): void {
    for (const [key, { askedMs, wish }] of this.#cuts) {
      if (nowMs - askedMs < LIMITS.hlsIdleMs) continue;
      this.#cuts.delete(key);
      wish?.[Symbol.dispose]();
    }
  }

  #forgetLater(): void {
    this.#sweeping ??= this.#setup.clock.after(LIMITS.hlsIdleMs, () => {
      this.#sweeping = undefined;
      this.#forget(this.#setup.wallMs());
      if (this.#cuts.size > 0) this.#forgetLater();
    });
  }
}

/** One room's captions in one form, cut up to the last request. */
class Cut {
  readonly segments: CaptionSegments;
  /** Wall time at which the first segment begins. */
  readonly beganMs: number;
  askedMs: number;
  /** For its language, until it is disposed of. */
  readonly wish: Disposable | undefined;
  readonly #sentences: Sentences;
  /** The last event that was read. */
  #cursor = 0;

  /** The first playlist is full, so that a player begins at once; what was said before it is left out. */
  constructor({ text, translate }: Pick<HlsWish, 'text' | 'translate'>, nowMs: number, wish: Disposable | undefined) {
    this.wish = wish;
    const fromMs = nowMs - SHAPE.holdMs - SHAPE.keep * SHAPE.segmentMs;
    this.segments = new CaptionSegments(SHAPE, fromMs);
    this.beganMs = Math.floor(fromMs / SHAPE.segmentMs) * SHAPE.segmentMs;
    const waitMs = translate === undefined ? WAIT_MS.cleaned : WAIT_MS.translated;
    this.#sentences = new Sentences({ text, translate, waitMs });
    this.askedMs = nowMs;
  }

  advance(events: NonNullable<ReturnType<Rooms['find']>>['events'], nowMs: number): void {
    this.askedMs = nowMs;
    let at = events.length;
    while (at > 0 && events[at - 1]!.cursor > this.#cursor) at--;
    for (const { cursor, body } of events.slice(at)) {
      this.#cursor = cursor;
      // A sentence has waited since it was told, not since somebody asked.
      this.#sentences.read(body, body.type === 'final' ? body.atMs : nowMs);
    }
    for (const caption of this.#sentences.take(nowMs)) if (caption.atMs >= this.beganMs) this.segments.add(caption);
    this.segments.advance(nowMs);
  }
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

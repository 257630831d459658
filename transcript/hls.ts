import type { Caption } from './caption-assembler.ts';
import { buildCues, type Cue } from './cues.ts';
import { renderVttCue } from './subtitles.ts';

export interface SegmentOptions {
  /** Length of a segment, ms; whole seconds. */
  readonly segmentMs: number;
  /** Time from the end of a segment until it is closed, ms. Text that arrives later goes to the start of the next one. */
  readonly holdMs: number;
  /** Segments in the playlist; 0 keeps all of them. */
  readonly keep: number;
}

/** Maps captions to the timeline of the video. */
export interface Timeline {
  /** Wall-clock time that is 00:00:00.000 in the captions, ms since 1970. */
  readonly originMs: number;
  /** MPEG-TS timestamp of the video at that moment, 90,000 per second. */
  readonly mpegts: number;
}

export interface PlaylistOptions {
  /** `ended`: no segment follows. */
  readonly state: 'live' | 'ended';
  /** URI of a segment. */
  readonly uri: (segment: number) => string;
  /** Number of discontinuities before the first segment; and the segments that begin after one. */
  readonly breaksBefore?: number;
  readonly breaks?: ReadonlySet<number>;
  /** Formats a wall-clock time as ISO 8601. */
  readonly iso: (ms: number) => string;
}

const MPEGTS_TURN = 2 ** 33;
const CUE_MS_MIN = 1_000;
/** Cues stored for segments that may still be requested. Far more than people say in that time. */
const CUES_MAX = 20_000;
/** Sessions whose beginning is remembered. */
const SESSIONS_MAX = 64;

/**
 * Live captions in WebVTT segments for HLS (RFC 8216). Segments are numbered by the wall clock, so that the numbers continue
 * after a restart, and follow each other without a gap, even where nothing is said.
 * Invariant: a closed segment never changes; a cue is in every segment that it overlaps.
 */
export class CaptionSegments {
  readonly #options: SegmentOptions;
  #first: number;
  /** Number of the first segment that is not closed. */
  #open: number;
  #cues: Cue[] = [];
  /** Wall-clock time of each session's first sample, ms since 1970. */
  readonly #begins = new Map<string, number>();

  /** The first segment is the one that contains `fromMs`, ms since 1970. */
  constructor(options: SegmentOptions, fromMs: number) {
    this.#options = options;
    this.#first = Math.floor(fromMs / options.segmentMs);
    this.#open = this.#first;
  }

  /** Numbers of the closed segments in the playlist. */
  get closed(): readonly number[] {
    return Array.from({ length: this.#open - this.#first }, (_, i) => this.#first + i);
  }

  /** Places a caption at the time it was spoken, or as early as possible after that. */
  add(caption: Caption): void {
    const begin = Math.min(this.#begins.get(caption.session) ?? Number.POSITIVE_INFINITY, caption.atMs - caption.toMs);
    this.#begins.set(caption.session, begin);
    if (this.#begins.size > SESSIONS_MAX) this.#begins.delete(this.#begins.keys().next().value!);
    const earliest = this.#open * this.#options.segmentMs;
    const [first, ...rest] = buildCues([{ ...caption, words: [] }]);
    if (first === undefined) return;
    // Every cue of a late sentence is shifted by the same time, so that they still follow each other.
    const lateMs = Math.max(0, earliest - (begin + first.fromMs));
    for (const { fromMs, toMs, text } of [first, ...rest]) {
      const from = begin + fromMs + lateMs;
      this.#insert({ fromMs: from, toMs: Math.max(begin + toMs + lateMs, from + CUE_MS_MIN), text });
    }
    if (this.#cues.length > CUES_MAX) this.#cues.splice(0, this.#cues.length - CUES_MAX);
  }

  /** Closes the segments that are due; returns their numbers. */
  advance(nowMs: number): number[] {
    const { segmentMs, holdMs } = this.#options;
    return this.#closeTo(Math.floor((nowMs - holdMs) / segmentMs));
  }

  /** Closes all segments up to the end of the last cue; returns their numbers. */
  end(nowMs: number): number[] {
    const last = this.#cues.reduce((most, { toMs }) => Math.max(most, toMs), nowMs);
    return this.#closeTo(Math.ceil(last / this.#options.segmentMs));
  }

  /** A closed segment as a WebVTT file; undefined when it is not closed yet or no longer stored. */
  segment(number: number, { originMs, mpegts }: Timeline): string | undefined {
    if (number >= this.#open || number < this.#kept) return undefined;
    const { segmentMs } = this.#options;
    const from = number * segmentMs;
    const cues = this.#cues.filter(({ fromMs, toMs }) => toMs > from && fromMs < from + segmentMs);
    const at = (ms: number): number => Math.max(0, ms - originMs);
    const stamp = ((mpegts % MPEGTS_TURN) + MPEGTS_TURN) % MPEGTS_TURN;
    const body = cues
      .map((cue) => renderVttCue({ text: cue.text, fromMs: at(cue.fromMs), toMs: at(cue.toMs) }))
      .join('');
    return `WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:${stamp},LOCAL:00:00:00.000\n\n${body}`;
  }

  playlist({ state, uri, iso, breaksBefore = 0, breaks = new Set() }: PlaylistOptions): string {
    const { segmentMs, keep } = this.#options;
    const seconds = segmentMs / 1_000;
    const lines = ['#EXTM3U', '#EXT-X-VERSION:3', `#EXT-X-TARGETDURATION:${Math.ceil(seconds)}`];
    lines.push(`#EXT-X-MEDIA-SEQUENCE:${this.#first}`);
    if (breaksBefore > 0) lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${breaksBefore}`);
    if (keep === 0) lines.push('#EXT-X-PLAYLIST-TYPE:EVENT');
    for (const number of this.closed) {
      if (breaks.has(number)) lines.push('#EXT-X-DISCONTINUITY');
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${iso(number * segmentMs)}`);
      lines.push(`#EXTINF:${seconds.toFixed(3)},`, uri(number));
    }
    if (state === 'ended') lines.push('#EXT-X-ENDLIST');
    return `${lines.join('\n')}\n`;
  }

  /** The oldest segment that can still be requested: players may use an older playlist. */
  get #kept(): number {
    const { keep } = this.#options;
    return keep === 0 ? this.#first : this.#first - keep;
  }

  /** Keeps cues in the order of their beginnings. Searches backwards, because nearly every cue goes to the end. */
  #insert(cue: Cue): void {
    let at = this.#cues.length;
    while (at > 0 && this.#cues[at - 1]!.fromMs > cue.fromMs) at--;
    this.#cues.splice(at, 0, cue);
  }

  #closeTo(open: number): number[] {
    if (open <= this.#open) return [];
    const { segmentMs, keep } = this.#options;
    const from = this.#open;
    this.#open = open;
    if (keep > 0) {
      this.#first = Math.max(this.#first, open - keep);
      this.#cues = this.#cues.filter(({ toMs }) => toMs > this.#kept * segmentMs);
    }
    const named = Math.max(from, this.#first);
    return Array.from({ length: open - named }, (_, i) => named + i);
  }
}

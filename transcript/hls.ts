import type { Caption } from './caption-assembler.ts';
import { buildCues, type Cue } from './cues.ts';
import { renderVttCue } from './subtitles.ts';

export interface SegmentOptions {
  /** Length of a segment, ms; whole seconds. */
  readonly segmentMs: number;
  /** How long after its end a segment is closed, ms: later text is shown at the start of the next one. */
  readonly holdMs: number;
  /** Segments in the playlist; 0 is all of them. */
  readonly keep: number;
}

/** Where captions lie on the time line of the picture. */
export interface Timeline {
  /** Wall time that counts as 00:00:00.000 in the captions, ms since 1970. */
  readonly originMs: number;
  /** Time stamp of the picture at that moment, of 90,000 a second. */
  readonly mpegts: number;
}

export interface PlaylistOptions {
  /** `ended`: no segment will follow. */
  readonly state: 'live' | 'ended';
  /** Address of a segment. */
  readonly uri: (segment: number) => string;
  /** How many breaks lie before the first segment; and the segments that begin behind a break. */
  readonly breaksBefore?: number;
  readonly breaks?: ReadonlySet<number>;
  /** Wall time as ISO 8601. */
  readonly iso: (ms: number) => string;
}

const MPEGTS_TURN = 2 ** 33;
const CUE_MS_MIN = 1_000;
/** Cues kept for segments that are still asked for; a room never says so much in the time. */
const CUES_MAX = 20_000;
/** Sessions whose place in time is remembered. */
const SESSIONS_MAX = 64;

/**
 * Live captions in WebVTT segments for HLS. Segments are numbered by the wall clock, so that numbers go on after a
 * restart, and follow each other without a gap, with text or without.
 * Invariant: a segment that was closed never changes; a cue is in every segment that it touches.
 */
export class CaptionSegments {
  readonly #options: SegmentOptions;
  #first: number;
  /** The first segment that is not closed. */
  #open: number;
  #cues: Cue[] = [];
  /** Wall time of each session's first sample. */
  readonly #begins = new Map<string, number>();

  /** The first segment is the one in which `fromMs` lies. */
  constructor(options: SegmentOptions, fromMs: number) {
    this.#options = options;
    this.#first = Math.floor(fromMs / options.segmentMs);
    this.#open = this.#first;
  }

  /** Numbers of the closed segments that the playlist names. */
  get closed(): readonly number[] {
    return Array.from({ length: this.#open - this.#first }, (_, i) => this.#first + i);
  }

  /** Places a caption where it was spoken, or as early as that is still possible. */
  add(caption: Caption): void {
    const begin = Math.min(this.#begins.get(caption.session) ?? Number.POSITIVE_INFINITY, caption.atMs - caption.toMs);
    this.#begins.set(caption.session, begin);
    if (this.#begins.size > SESSIONS_MAX) this.#begins.delete(this.#begins.keys().next().value!);
    const earliest = this.#open * this.#options.segmentMs;
    const [first, ...rest] = buildCues([{ ...caption, words: [] }]);
    if (first === undefined) return;
    // All parts of a late sentence are late by the same time, so that they still follow each other.
    const lateMs = Math.max(0, earliest - (begin + first.fromMs));
    for (const { fromMs, toMs, text } of [first, ...rest]) {
      const from = begin + fromMs + lateMs;
      this.#insert({ fromMs: from, toMs: Math.max(begin + toMs + lateMs, from + CUE_MS_MIN), text });
    }
    if (this.#cues.length > CUES_MAX) this.#cues.splice(0, this.#cues.length - CUES_MAX);
  }

  /** Closes the segments whose time has come; gives their numbers. */
  advance(nowMs: number): number[] {
    const { segmentMs, holdMs } = this.#options;
    return this.#closeTo(Math.floor((nowMs - holdMs) / segmentMs));
  }

  /** Closes everything, up to the end of the last cue. */
  end(nowMs: number): number[] {
    const last = this.#cues.reduce((most, { toMs }) => Math.max(most, toMs), nowMs);
    return this.#closeTo(Math.ceil(last / this.#options.segmentMs));
  }

  /** A closed segment as a file; undefined when it is not closed or no longer kept. */
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

  /** The oldest segment that is still given out: players may ask for one they saw in an older playlist. */
  get #kept(): number {
    const { keep } = this.#options;
    return keep === 0 ? this.#first : this.#first - keep;
  }

  /** Keeps the order of their beginnings. Nearly all come last; a room that is first asked for has thousands at once. */
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

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Caption } from '../../../transcript/caption-assembler.ts';
import { CaptionSegments, type Timeline } from '../../../transcript/hls.ts';
import { UserError } from '../output/user-error.ts';
import type { Clock, Outlet, PrintMessage } from './outlet.ts';

export interface HlsOptions {
  readonly folder: string;
  readonly segmentMs: number;
  /** How long a segment waits for its text, ms. */
  readonly holdMs: number;
  /** Segments in the playlist; 0 keeps all. */
  readonly keep: number;
  readonly timeLine: Timeline;
  readonly print: PrintMessage;
  readonly clock: Clock;
}

const PLAYLIST = 'captions.m3u8';
/** A playlist older than this belongs to another broadcast, ms. */
const CONTINUED_MS = 3_600_000;

/** WebVTT segments and their playlist in a folder, for a web server or a packager. */
export class HlsOutlet implements Outlet {
  readonly name = 'HLS';
  readonly failed: Promise<string>;
  readonly #options: HlsOptions;
  readonly #segments: CaptionSegments;
  readonly #earlier: Earlier;
  #timer: Disposable | undefined;
  #end!: (text: string) => void;
  #ended = false;
  #hasFailed = false;
  /** Closed segments that could not be written yet. */
  #unwritten: number[] = [];

  /** Throws a `UserError` when the folder cannot be written. */
  constructor(options: HlsOptions) {
    this.#options = options;
    this.failed = new Promise((resolve) => {
      this.#end = resolve;
    });
    const { folder, clock } = options;
    try {
      mkdirSync(folder, { recursive: true });
      this.#earlier = readEarlier(folder, options, clock.nowMs());
      this.#removeOld();
      this.#segments = new CaptionSegments(options, clock.nowMs());
      this.#write('live');
    } catch (error) {
      throw new UserError(`HLS: ${folder} cannot be written: ${(error as Error).message}`);
    }
    this.#schedule();
  }

  take(caption: Caption): void {
    this.#segments.add(caption);
  }

  async finish(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#ended = true;
    this.#unwritten.push(...this.#segments.end(this.#options.clock.nowMs()));
    this.#save('ended');
  }

  /** Removes segments that an earlier run would have removed by now. This run's own numbers are higher. */
  #removeOld(): void {
    const { folder, keep } = this.#options;
    const { last, begin } = this.#earlier;
    if (keep === 0 || last === undefined) return;
    for (let number = last - 2 * keep; number <= Math.min(last, begin - 2 * keep - 2); number++)
      rmSync(join(folder, toFileName(number)), { force: true });
  }

  #schedule(): void {
    this.#timer = this.#options.clock.setTimer(this.#options.segmentMs / 4, () => {
      const closed = this.#segments.advance(this.#options.clock.nowMs());
      this.#unwritten.push(...closed);
      if (this.#unwritten.length > 0) this.#save('live');
      if (!this.#ended) this.#schedule();
    });
  }

  /** Writes the files; after a failure, such as a full disk, the next call tries again. */
  #save(state: 'live' | 'ended'): void {
    try {
      this.#write(state);
      if (this.#hasFailed) this.#options.print('HLS: it goes on.');
      this.#hasFailed = false;
    } catch (error) {
      const text = `the folder cannot be written: ${(error as Error).message}`;
      if (state === 'ended') this.#end(text);
      if (!this.#hasFailed) this.#options.print(`HLS: ${text}; trying again.`);
      this.#hasFailed = true;
    }
  }

  #write(state: 'live' | 'ended'): void {
    const { folder, timeLine, keep } = this.#options;
    for (const number of this.#unwritten) {
      const text = this.#segments.segment(number, timeLine);
      if (text !== undefined) replaceFile(join(folder, toFileName(number)), text);
    }
    const [first] = this.#segments.closed;
    const breaks = new Set(first !== undefined && this.#earlier.last !== undefined ? [this.#earlier.begin] : []);
    const isPast = first !== undefined && first > this.#earlier.begin;
    const breaksBefore = this.#earlier.breaks + (isPast && this.#earlier.last !== undefined ? 1 : 0);
    replaceFile(
      join(folder, PLAYLIST),
      this.#segments.playlist({
        state,
        breaks,
        breaksBefore,
        uri: toFileName,
        iso: (ms) => new Date(ms).toISOString(),
      }),
    );
    // Players may still request segments of an older playlist.
    const gone = keep === 0 || first === undefined ? [] : this.#unwritten.map((number) => number - 2 * keep - 1);
    for (const number of gone) rmSync(join(folder, toFileName(number)), { force: true });
    this.#unwritten = [];
  }
}

/** What an earlier run left in the folder. */
interface Earlier {
  /** Number of its last segment; undefined when there is none. */
  readonly last: number | undefined;
  /** Number of the first segment of this run, which follows a discontinuity. */
  readonly begin: number;
  readonly breaks: number;
}

function readEarlier(folder: string, { segmentMs }: HlsOptions, nowMs: number): Earlier {
  const begin = Math.floor(nowMs / segmentMs);
  let text = '';
  try {
    text = readFileSync(join(folder, PLAYLIST), 'utf8');
  } catch {
    // There is no playlist yet.
  }
  const numbers = [...text.matchAll(/^(\d+)\.vtt$/gm)].map(([, number]) => Number(number));
  const last = numbers.at(-1);
  const isContinued = last !== undefined && nowMs - last * segmentMs < CONTINUED_MS && !text.includes('#EXT-X-ENDLIST');
  if (!isContinued) return { last: undefined, begin, breaks: 0 };
  const sequence = Number(/^#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)$/m.exec(text)?.[1] ?? 0);
  const inside = [...text.matchAll(/^#EXT-X-DISCONTINUITY$/gm)].length;
  return { last, begin, breaks: sequence + inside };
}

const toFileName = (number: number): string => `${number}.vtt`;

/** Replaces a file as a whole, so that nobody reads half of it. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a player does with live captions: it reads the playlist again and again, and each new segment once. */
export interface HlsPlayer {
  /** Captions in the order they came, each once. */
  readonly texts: string[];
  /** What the HLS specification forbids. */
  readonly wrongs: string[];
  readonly ended: boolean;
  look(playlist: string): void;
  read(playlist: string, segmentOf: (uri: string) => string): void;
}

export function readHls(): HlsPlayer {
  return new Player();
}

class Player implements HlsPlayer {
  readonly texts: string[] = [];
  readonly wrongs: string[] = [];
  ended = false;
  readonly #cues = new Set<string>();
  readonly #segments = new Map<number, string>();
  #first = 0;
  #discontinuities = 0;

  look(path: string): void {
    this.read(readFileSync(path, 'utf8'), (uri) => readFileSync(join(dirname(path), uri), 'utf8'));
  }

  read(text: string, segmentOf: (uri: string) => string): void {
    const tag = (name: string): string | undefined => new RegExp(`^#EXT-X-${name}:(.+)$`, 'm').exec(text)?.[1];
    const first = Number(tag('MEDIA-SEQUENCE'));
    const target = Number(tag('TARGETDURATION'));
    const discontinuities = Number(tag('DISCONTINUITY-SEQUENCE') ?? 0);
    if (!text.startsWith('#EXTM3U\n')) this.#wrong('no EXTM3U');
    if (first < this.#first) this.#wrong(`media sequence ${first} after ${this.#first}`);
    if (discontinuities < this.#discontinuities) this.#wrong('discontinuity sequence goes back');
    if (this.ended) this.#wrong('something follows the end');
    this.#first = first;
    this.#discontinuities = discontinuities;
    this.ended = text.includes('#EXT-X-ENDLIST');
    const entries = [...text.matchAll(/^#EXTINF:([\d.]+),\n(.+)$/gm)];
    for (const [i, [, seconds, uri]] of entries.entries()) {
      if (Math.round(Number(seconds)) > target) this.#wrong(`a segment of ${seconds} s`);
      this.#segment(first + i, segmentOf(uri!));
    }
  }

  #segment(number: number, text: string): void {
    const before = this.#segments.get(number);
    if (before !== undefined) {
      if (before !== text) this.#wrong(`segment ${number} has changed`);
      return;
    }
    this.#segments.set(number, text);
    if (!/^WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:\d+,LOCAL:00:00:00\.000\n\n/.test(text))
      this.#wrong(`segment ${number} begins badly`);
    for (const block of text.split('\n\n').filter((each) => each.includes(' --> '))) {
      if (this.#cues.has(block)) continue;
      this.#cues.add(block);
      this.texts.push(block.split('\n').slice(1).join(' '));
    }
  }

  #wrong(text: string): void {
    this.wrongs.push(text);
  }
}

import type { AudioKind } from '../../ports/decoder.ts';

/** First bytes that are enough to tell every kind of container. */
export const HEAD_BYTES = 64;
/** Taggers leave one ID3 tag, careless joins a few. */
const TAGS_MAX = 16;
const TAG_HEADER_BYTES = 10;

/** Length of the ID3 tag that begins at `at` (pictures make them long); 0 when none does. */
export function measureTag(bytes: Uint8Array, at: number): number {
  if (text(bytes, at, 3) !== 'ID3' || at + TAG_HEADER_BYTES > bytes.length) return 0;
  const size = [6, 7, 8, 9].reduce((sum, i) => sum * 128 + (bytes[at + i]! & 127), 0);
  const footer = (bytes[at + 5]! & 16) !== 0 ? TAG_HEADER_BYTES : 0;
  return TAG_HEADER_BYTES + size + footer;
}

/** Counts the tags in front of a file or stream and refuses more than anybody writes. */
export class TagCounter {
  #count = 0;

  add(): void {
    if (++this.#count > TAGS_MAX) throw new Error(`it begins with more than ${TAGS_MAX} ID3 tags`);
  }
}

/** Where the sound of a file begins, behind its tags. */
export function skipTags(file: Uint8Array): number {
  const tags = new TagCounter();
  let at = 0;
  for (let bytes = measureTag(file, at); bytes > 0; bytes = measureTag(file, at)) {
    tags.add();
    at += bytes;
  }
  return at;
}

/** What a file is, by its first bytes behind any tags. */
export function detectAudioKind(head: Uint8Array): AudioKind | undefined {
  const start = text(head, 0, 4);
  if (start === 'RIFF' && text(head, 8, 4) === 'WAVE') return 'wav';
  if (start === 'fLaC') return 'flac';
  if (start === 'OggS') return oggKind(text(head, 0, HEAD_BYTES));
  if (start === '\x1aE\xdf\xa3') return 'webm';
  if (text(head, 4, 4) === 'ftyp') return 'm4a';
  if (text(head, 0, 5) === '#!AMR') return 'amr';
  if (head.length < 2 || head[0] !== 0xff || (head[1]! & 0xe0) !== 0xe0) return undefined;
  // Layer 0 is AAC in ADTS frames.
  return (head[1]! & 6) === 0 ? 'aac' : 'mp3';
}

function oggKind(head: string): AudioKind {
  if (head.includes('OpusHead')) return 'opus';
  return head.includes('\x7fFLAC') ? 'flac' : 'oga';
}

function text(bytes: Uint8Array, from: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(from, from + length));
}

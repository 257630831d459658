import type { AudioKind } from '../../ports/decoder.ts';

/** Enough bytes to recognise every kind of container. */
export const HEAD_BYTES = 64;
/** Tagging programs write one ID3 tag; careless joining leaves a few. */
const TAGS_MAX = 16;
const TAG_HEADER_BYTES = 10;

/** Length of the ID3 tag at `at` (pictures make them long); 0 when there is none. */
export function measureTag(bytes: Uint8Array, offset: number): number {
  if (readText(bytes, offset, 3) !== 'ID3' || offset + TAG_HEADER_BYTES > bytes.length) return 0;
  const size = [6, 7, 8, 9].reduce((sum, i) => sum * 128 + (bytes[offset + i]! & 127), 0);
  const footer = (bytes[offset + 5]! & 16) !== 0 ? TAG_HEADER_BYTES : 0;
  return TAG_HEADER_BYTES + size + footer;
}

/** Counts the tags before a file or stream and throws when there are more than anybody writes. */
export class TagCounter {
  #count = 0;

  add(): void {
    if (++this.#count > TAGS_MAX) throw new Error(`it begins with more than ${TAGS_MAX} ID3 tags`);
  }
}

/** Where the audio of a file begins, after its tags. */
export function findAudioStart(file: Uint8Array): number {
  const tags = new TagCounter();
  let offset = 0;
  for (let bytes = measureTag(file, offset); bytes > 0; bytes = measureTag(file, offset)) {
    tags.add();
    offset += bytes;
  }
  return offset;
}

/** Detects the kind of a file from its first bytes after any tags. */
export function detectAudioKind(head: Uint8Array): AudioKind | undefined {
  const start = readText(head, 0, 4);
  if (start === 'RIFF' && readText(head, 8, 4) === 'WAVE') return 'wav';
  if (start === 'fLaC') return 'flac';
  if (start === 'OggS') return detectOggKind(readText(head, 0, HEAD_BYTES));
  if (start === '\x1aE\xdf\xa3') return 'webm';
  if (readText(head, 4, 4) === 'ftyp') return 'm4a';
  if (readText(head, 0, 5) === '#!AMR') return 'amr';
  if (head.length < 2 || head[0] !== 0xff || (head[1]! & 0xe0) !== 0xe0) return undefined;
  // Layer 0 is AAC in ADTS frames.
  return (head[1]! & 6) === 0 ? 'aac' : 'mp3';
}

function detectOggKind(head: string): AudioKind {
  if (head.includes('OpusHead')) return 'opus';
  return head.includes('\x7fFLAC') ? 'flac' : 'oga';
}

function readText(bytes: Uint8Array, from: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(from, from + length));
}

import type { AudioKind } from '../ports/decoder.ts';

/** Where the sound of a file begins, past an ID3 tag (pictures make those long). */
export function skipTag(bytes: Uint8Array): number {
  if (text(bytes, 0, 3) !== 'ID3' || bytes.length < 10) return 0;
  const size = ((bytes[6]! & 127) << 21) | ((bytes[7]! & 127) << 14) | ((bytes[8]! & 127) << 7) | (bytes[9]! & 127);
  return 10 + size + ((bytes[5]! & 16) !== 0 ? 10 : 0);
}

/** What a file is, by its first bytes. */
export function kindOf(head: Uint8Array): AudioKind | undefined {
  const start = text(head, 0, 4);
  if (start === 'RIFF' && text(head, 8, 4) === 'WAVE') return 'wav';
  if (start === 'fLaC') return 'flac';
  if (start === 'OggS') return oggKind(text(head, 0, 64));
  if (start === '\x1aE\xdf\xa3') return 'webm';
  if (text(head, 4, 4) === 'ftyp') return 'm4a';
  if (text(head, 0, 5) === '#!AMR') return 'amr';
  if (start.startsWith('ID3')) {
    const tagBytes = skipTag(head);
    return tagBytes < head.length ? kindOf(head.subarray(tagBytes)) : 'mp3';
  }
  if (head[0] !== 0xff || (head[1]! & 0xe0) !== 0xe0) return undefined;
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

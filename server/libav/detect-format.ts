import { detectFrames } from './mpeg-frames.ts';

/** Enough bytes after any tags to know a format by its first bytes. */
export const HEAD_BYTES = 64;
const TAG_HEADER_BYTES = 10;
/** Frames in a row that make MPEG audio certain in the middle of other bytes, and at their beginning. */
const FRAMES_ANYWHERE = 4;
const FRAMES_AT_START = 2;
/** Bytes of silence or rubbish before the first frame that are looked through. */
const RUBBISH_BYTES_MAX = 65_536;

/** A text at an offset of the first bytes, and the demuxer it means; an empty one is found by libav itself. */
const MAGIC: readonly (readonly [offset: number, text: string, demuxer: string])[] = [
  [0, 'OggS', 'ogg'],
  [0, 'fLaC', 'flac'],
  [0, '\x1aE\xdf\xa3', 'matroska'],
  [8, 'WAVE', ''],
  [8, 'AVI ', 'avi'],
  [8, 'AIFF', 'aiff'],
  [8, 'AIFC', 'aiff'],
  [0, 'riff\x2e\x91\xcf\x11', 'w64'],
  [0, '#!AMR', 'amr'],
  [0, '.snd', 'au'],
  [0, 'caff', 'caf'],
  [0, 'TTA1', 'tta'],
  [0, 'wvpk', 'wv'],
  [0, 'MAC ', 'ape'],
  [0, 'MPCK', 'mpc8'],
  [0, 'MP+', 'mpc'],
  [0, 'tBaK', 'tak'],
  [0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11', 'asf'],
  [0, 'FLV\x01', 'flv'],
  [0, '.RMF', 'rm'],
  [0, 'Creative Voice File', 'voc'],
  [0, 'DSD ', 'dsf'],
  [0, 'ajkg', 'shorten'],
  [0, 'NIST_1A', 'nistsphere'],
  [0, '\0\0\x01\xba', ''],
  [0, '\x7f\xfe\x80\x01', ''],
];
/** Boxes that an ISO or QuickTime file begins with. */
const FIRST_BOXES = ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot', 'styp', 'moof'];
const TS_PACKET_BYTES = 188;

/** Length of the ID3 tag at `offset` (pictures make them long); 0 when there is none. */
export function measureTag(bytes: Uint8Array, offset: number): number {
  if (readText(bytes, offset, 3) !== 'ID3' || offset + TAG_HEADER_BYTES > bytes.length) return 0;
  const size = [6, 7, 8, 9].reduce((sum, i) => sum * 128 + (bytes[offset + i]! & 127), 0);
  const footer = (bytes[offset + 5]! & 16) !== 0 ? TAG_HEADER_BYTES : 0;
  return TAG_HEADER_BYTES + size + footer;
}

/**
 * The demuxer for a recording that begins with these bytes, without its tags; an empty name when libav has to find it, undefined
 * when this is none, or one that only libav knows.
 */
export function detectFormat(head: Uint8Array): string | undefined {
  const magic = MAGIC.find(([offset, text]) => readText(head, offset, text.length) === text);
  if (magic !== undefined) return magic[2];
  if (FIRST_BOXES.includes(readText(head, 4, 4)) && isBoxSize(head)) return 'mov';
  if (head[0] === 0x47 && head[TS_PACKET_BYTES] === 0x47 && head[2 * TS_PACKET_BYTES] === 0x47) return 'mpegts';
  return detectFrames(head, 0, FRAMES_AT_START);
}

/** Whether these are the first bytes of a recording in a file format, not raw samples. */
export function isFileHeader(head: Uint8Array): boolean {
  return readText(head, 0, 3) === 'ID3' || detectFormat(head) !== undefined || findFrames(head) !== undefined;
}

/** Where MPEG frames begin after bytes that belong to nothing; undefined when they do not. */
export function findFrames(bytes: Uint8Array): number | undefined {
  const end = Math.min(bytes.length, RUBBISH_BYTES_MAX);
  for (let at = bytes.indexOf(0xff); at >= 0 && at < end; at = bytes.indexOf(0xff, at + 1))
    if (detectFrames(bytes, at, FRAMES_ANYWHERE) !== undefined) return at;
  return undefined;
}

/** The first box is small in every file but those that begin with their sound. */
function isBoxSize(head: Uint8Array): boolean {
  const size = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
  return size <= 1 || (size >= 8 && (size < 1 << 26 || readText(head, 4, 4) === 'mdat'));
}

function readText(bytes: Uint8Array, from: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(from, from + length));
}

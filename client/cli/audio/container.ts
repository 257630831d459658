/** Bit rate of an MPEG layer III frame by the index in its header, kbit/s; 0 is free or forbidden. */
const KILOBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
const KILOBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];
const RATES = [44_100, 48_000, 32_000];
/** Divisor of the sample rates, by the version bits of the header: MPEG 2.5, reserved, 2 and 1. */
const RATE_DIVISORS = [4, 0, 2, 1];

/** Whether these are the first bytes of a file that must be decoded: FLAC, Ogg, Matroska, MP4, and MP3 or AAC with or without a tag. */
export function isContainerHeader(head: Buffer): boolean {
  const start = head.toString('latin1', 0, 4);
  return (
    ['fLaC', 'OggS', '\x1aE\xdf\xa3'].includes(start) ||
    start.startsWith('ID3') ||
    head.toString('latin1', 4, 8) === 'ftyp' ||
    isFrames(head)
  );
}

/** Whether MP3 or ADTS frames begin here. Raw samples may look like one frame by chance, but not like two consecutive ones. */
function isFrames(head: Buffer): boolean {
  const bytes = frameBytes(head, 0);
  if (bytes === 0 || frameBytes(head, bytes) === 0) return false;
  // Version, layer and sample rate stay the same from frame to frame.
  return head[1] === head[bytes + 1] && (head[2]! & 0x0c) === (head[bytes + 2]! & 0x0c);
}

/** Length of the MP3 or ADTS frame that begins at `at`; 0 when none does. */
function frameBytes(head: Buffer, at: number): number {
  if (at + 6 > head.length || head[at] !== 0xff || (head[at + 1]! & 0xe0) !== 0xe0) return 0;
  const version = (head[at + 1]! >> 3) & 3;
  const layer = (head[at + 1]! >> 1) & 3;
  if (layer === 0) return adtsBytes(head, at);
  const divisor = RATE_DIVISORS[version]!;
  const rate = RATES[(head[at + 2]! >> 2) & 3];
  const kilobits = (version === 3 ? KILOBITS_1 : KILOBITS_2)[head[at + 2]! >> 4]!;
  if (layer !== 1 || divisor === 0 || rate === undefined || kilobits === 0) return 0;
  const padding = (head[at + 2]! >> 1) & 1;
  return Math.floor(((version === 3 ? 144 : 72) * kilobits * 1_000 * divisor) / rate) + padding;
}

function adtsBytes(head: Buffer, at: number): number {
  if ((head[at + 1]! & 0xf0) !== 0xf0) return 0;
  const bytes = ((head[at + 3]! & 3) << 11) | (head[at + 4]! << 3) | (head[at + 5]! >> 5);
  return bytes > 7 ? bytes : 0;
}

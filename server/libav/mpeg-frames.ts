/** Bit rates of MPEG audio frames by the index in their header, kbit/s; 0 is free or forbidden. By version 1 (layers I, II, III) and 2. */
const KILOBITS: ReadonlyMap<string, readonly number[]> = new Map([
  ['1/1', [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0]],
  ['1/2', [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0]],
  ['1/3', [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0]],
  ['2/1', [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0]],
  ['2/2', [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0]],
  ['2/3', [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0]],
]);
const RATES = [44_100, 48_000, 32_000];
/** Divisor of the sample rates, by the version bits of the header: MPEG 2.5, reserved, 2 and 1. */
const RATE_DIVISORS = [4, 0, 2, 1];
const HEADER_BYTES = 6;

/** The demuxer of the frames that begin at `offset`: MPEG audio (`mp3`, of any layer) or ADTS (`aac`); undefined when none do. */
export function detectFrames(bytes: Uint8Array, offset: number, framesMin: number): 'mp3' | 'aac' | undefined {
  let at = offset;
  for (let frame = 0; frame < framesMin; frame++) {
    const length = measureFrame(bytes, at);
    // Version, layer and sample rate stay the same from frame to frame. Raw samples may look like one frame by chance.
    if (length === 0 || bytes[at + 1] !== bytes[offset + 1]) return undefined;
    if ((bytes[at + 2]! & 0x0c) !== (bytes[offset + 2]! & 0x0c)) return undefined;
    at += length;
  }
  return (bytes[offset + 1]! & 6) === 0 ? 'aac' : 'mp3';
}

/** Length of the frame that begins at `at`, bytes; 0 when none does. */
function measureFrame(bytes: Uint8Array, at: number): number {
  if (at + HEADER_BYTES > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xe0) !== 0xe0) return 0;
  const layerBits = (bytes[at + 1]! >> 1) & 3;
  if (layerBits === 0) return measureAdtsFrame(bytes, at);
  const version = (bytes[at + 1]! >> 3) & 3;
  const divisor = RATE_DIVISORS[version]!;
  const rate = RATES[(bytes[at + 2]! >> 2) & 3];
  const layer = 4 - layerBits;
  const kilobits = KILOBITS.get(`${version === 3 ? 1 : 2}/${layer}`)![bytes[at + 2]! >> 4]!;
  if (divisor === 0 || rate === undefined || kilobits === 0) return 0;
  const padding = (bytes[at + 2]! >> 1) & 1;
  const bitsPerRate = (kilobits * 1_000 * divisor) / rate;
  if (layer === 1) return (Math.floor(12 * bitsPerRate) + padding) * 4;
  return Math.floor((layer === 3 && version !== 3 ? 72 : 144) * bitsPerRate) + padding;
}

function measureAdtsFrame(bytes: Uint8Array, at: number): number {
  if ((bytes[at + 1]! & 0xf0) !== 0xf0) return 0;
  const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
  return length > 7 ? length : 0;
}

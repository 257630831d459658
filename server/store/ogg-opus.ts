import { SAMPLE_RATE } from '../core/time.ts';
import { ENCODER_DELAY_SAMPLES, PACKET_SAMPLES } from './opus-codec.ts';

/** Ogg counts Opus in samples at 48 kHz, whatever was encoded (RFC 7845). */
const GRANULES_PER_SAMPLE = 48_000 / SAMPLE_RATE;
/** Packets of a page: a second. */
const PAGE_PACKETS = SAMPLE_RATE / PACKET_SAMPLES;
/** A packet of nothing: wide-band SILK, 20 ms, mono, without a frame; decoders fill it in as silence. */
const SILENT_PACKET = Uint8Array.of(0x48);
const BEGIN = 2;
const END = 4;

export interface OggRange {
  /** First page of the range; each is a second of the stream. */
  readonly page: number;
  readonly pages: number;
  /** Samples of the whole stream. */
  readonly end: number;
}

/**
 * Pages of an Ogg Opus stream (RFC 3533, RFC 7845). Page n is second n of the session, so any range of a stream can be made by
 * itself: put together they are the file. `packets` are those of the range by their number; missing ones are silence.
 */
export function renderOggPages(packets: ReadonlyMap<number, Uint8Array>, { page, pages, end }: OggRange): Uint8Array {
  const total = Math.ceil(end / SAMPLE_RATE);
  const parts = page === 0 ? renderHeaderPages(ENCODER_DELAY_SAMPLES) : [];
  for (let n = page; n < Math.min(page + pages, total); n++) {
    const own = Array.from({ length: PAGE_PACKETS }, (_, i) => packets.get(n * PAGE_PACKETS + i) ?? SILENT_PACKET);
    // The last page is filled with silence, which its granule leaves out.
    const granule = Math.min(end, (n + 1) * SAMPLE_RATE) * GRANULES_PER_SAMPLE;
    parts.push(renderPage(own, n + 2, granule, n === total - 1 ? END : 0));
  }
  return concatBytes(parts);
}

export interface OggClip {
  /** First packet of the file, and the one behind its last. */
  readonly first: number;
  readonly end: number;
  /** Where the sound begins in the stream, and how long it is: 16 kHz samples. */
  readonly from: number;
  readonly samples: number;
}

/**
 * A piece of a stream as a file of its own, exact to the sample although packets are not divided: the pre-skip of its header
 * leaves out what is decoded before the piece, and the granule of its last page what comes behind it (RFC 7845, 4.2 and 4.5).
 */
export function renderOggClip(
  packets: ReadonlyMap<number, Uint8Array>,
  { first, end, from, samples }: OggClip,
): Uint8Array {
  const skip = from + ENCODER_DELAY_SAMPLES - first * PACKET_SAMPLES;
  const parts = renderHeaderPages(skip);
  for (let n = first; n < end; n += PAGE_PACKETS) {
    const next = Math.min(n + PAGE_PACKETS, end);
    const own = Array.from({ length: next - n }, (_, i) => packets.get(n + i) ?? SILENT_PACKET);
    const granule = next === end ? skip + samples : (next - first) * PACKET_SAMPLES;
    parts.push(renderPage(own, parts.length, granule * GRANULES_PER_SAMPLE, next === end ? END : 0));
  }
  return concatBytes(parts);
}

const renderHeaderPages = (skippedSamples: number): Uint8Array[] => [
  renderPage([renderOpusHead(skippedSamples)], 0, 0, BEGIN),
  renderPage([OPUS_TAGS], 1, 0, 0),
];

function renderPage(packets: readonly Uint8Array[], sequence: number, granule: number, flags: number): Uint8Array {
  // A packet is 255s and a rest, so that its length ends with a byte below 255.
  const lacing = packets.flatMap(({ length }) => [
    ...new Array<number>(Math.floor(length / 255)).fill(255),
    length % 255,
  ]);
  const head = new Uint8Array(27 + lacing.length);
  const view = new DataView(head.buffer);
  head.set(new TextEncoder().encode('OggS'));
  head[5] = flags;
  view.setBigUint64(6, BigInt(granule), true);
  view.setUint32(14, SERIAL, true);
  view.setUint32(18, sequence, true);
  head[26] = lacing.length;
  head.set(lacing, 27);
  const page = concatBytes([head, ...packets]);
  new DataView(page.buffer).setUint32(22, computeCrc(page), true);
  return page;
}

/** Distinguishes the streams of one file; ours have one. */
const SERIAL = 0x736f_7474;

/** `skippedSamples` are decoded, and not played. */
function renderOpusHead(skippedSamples: number): Uint8Array {
  const head = new Uint8Array(19);
  const view = new DataView(head.buffer);
  head.set(new TextEncoder().encode('OpusHead'));
  head[8] = 1;
  head[9] = 1;
  view.setUint16(10, skippedSamples * GRANULES_PER_SAMPLE, true);
  view.setUint32(12, SAMPLE_RATE, true);
  return head;
}

const OPUS_TAGS = ((): Uint8Array => {
  const vendor = new TextEncoder().encode('sotto');
  const tags = new Uint8Array(16 + vendor.length);
  tags.set(new TextEncoder().encode('OpusTags'));
  new DataView(tags.buffer).setUint32(8, vendor.length, true);
  tags.set(vendor, 12);
  return tags;
})();

/** The polynomial of RFC 3533, most significant bit first. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000_0000) !== 0 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc >>> 0;
});

function computeCrc(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ CRC_TABLE[((crc >>> 24) ^ byte) & 0xff]!) >>> 0;
  return crc;
}

function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ByteQueue } from './byte-queue.ts';
import { detectFormat, findFrames, HEAD_BYTES, measureTag } from './detect-format.ts';
import { type ByteSource, UnreadableError } from './reader.ts';

/** A recording and the demuxer that reads it, if that is known. */
export interface Recording {
  readonly source: ByteSource;
  readonly demuxer: string;
  close(): void;
}

/** Bytes that wait for more of a recording; false when no more will come. */
export type WaitForBytes = () => boolean;

/** Bytes in front of a recording that are read to know its kind, tags aside. */
const DETECTION_BYTES = 4_096;
/** Most bytes of a live recording that are held until the index at its end arrives. */
const HELD_BYTES_MAX = 67_108_864;
/** Tagging programs write one ID3 tag; careless joining leaves a few. */
const TAGS_MAX = 16;
const BOX_HEADER_BYTES = 16;

/** A file on this machine. Throws the errors of `node:fs`. */
export function openPath(path: string): Recording {
  const file = openSync(path, 'r');
  const { size } = fstatSync(file);
  const readAt = (into: Uint8Array, position: number): number => readSync(file, into, 0, into.length, position);
  return { ...openRandom(size, readAt), close: () => closeSync(file) };
}

/** A recording in memory. */
export function openMemory(bytes: Uint8Array): Recording {
  const readAt = (into: Uint8Array, position: number): number => {
    const part = bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  };
  return { ...openRandom(bytes.length, readAt), close: () => {} };
}

/** Tags, and rubbish before MPEG frames, are skipped: libav looks for the beginning only in the first bytes. */
function openRandom(size: number, readAt: (into: Uint8Array, position: number) => number): Omit<Recording, 'close'> {
  if (size === 0) throw new UnreadableError('it is empty');
  const peek = (position: number, bytes: number): Uint8Array => {
    const head = new Uint8Array(bytes);
    return head.subarray(0, readAt(head, position));
  };
  let start = 0;
  let counted = 0;
  for (let tags = -1; tags !== 0 && start < size; start += tags) {
    tags = measureTag(peek(start, DETECTION_BYTES), 0);
    if (tags > 0 && ++counted > TAGS_MAX) throw new UnreadableError(`it begins with more than ${TAGS_MAX} ID3 tags`);
  }
  let demuxer = detectFormat(peek(start, DETECTION_BYTES));
  if (demuxer === undefined) {
    const frames = findFrames(peek(start, 2 * 65_536));
    if (frames !== undefined) {
      start += frames;
      demuxer = 'mp3';
    }
  }
  let position = 0;
  const source: ByteSource = {
    read: (into) => {
      const count = readAt(into, start + position);
      position += count;
      return count;
    },
    random: {
      size: size - start,
      seek: (to) => {
        position = to;
      },
    },
  };
  return { source, demuxer: demuxer ?? '' };
}

/** A recording that is decoded while it arrives. Blocks until its kind is known. */
export function openLive(queue: ByteQueue, wait: WaitForBytes): Recording {
  const arrived = (bytes: number): boolean => {
    while (queue.length < bytes) if (!wait()) return false;
    return true;
  };
  skipTags(queue, arrived);
  arrived(HEAD_BYTES);
  if (queue.length === 0) throw new UnreadableError('it is empty');
  let demuxer = detectFormat(queue.peek(DETECTION_BYTES));
  if (demuxer === undefined) {
    arrived(DETECTION_BYTES);
    const head = queue.peek(DETECTION_BYTES);
    const frames = findFrames(head);
    demuxer = detectFormat(head) ?? (frames === undefined ? undefined : 'mp3');
    if (frames !== undefined && demuxer === 'mp3') queue.drop(frames);
  }
  if (demuxer === 'caf' || (demuxer === 'mov' && !hasIndexFirst(queue, arrived))) return holdWhole(queue, wait);
  const source: ByteSource = {
    read: (into) => (arrived(1) ? queue.take(into) : 0),
  };
  return { source, demuxer: demuxer ?? '', close: () => {} };
}

function skipTags(queue: ByteQueue, arrived: (bytes: number) => boolean): void {
  for (let counted = 0; ; ) {
    arrived(HEAD_BYTES);
    let left = measureTag(queue.peek(HEAD_BYTES), 0);
    if (left === 0) return;
    if (++counted > TAGS_MAX) throw new UnreadableError(`it begins with more than ${TAGS_MAX} ID3 tags`);
    while (left > 0 && arrived(1)) {
      const dropped = Math.min(left, queue.length);
      queue.drop(dropped);
      left -= dropped;
    }
  }
}

/** Whether an ISO file has its index before its sound, so that it can be read in order. */
function hasIndexFirst(queue: ByteQueue, arrived: (bytes: number) => boolean): boolean {
  for (let at = 0; at < HELD_BYTES_MAX; ) {
    if (!arrived(at + BOX_HEADER_BYTES)) return true;
    const head = queue.peek(BOX_HEADER_BYTES, at);
    const type = String.fromCharCode(...head.subarray(4, 8));
    if (type === 'moov' || type === 'moof') return true;
    if (type === 'mdat') return false;
    const view = new DataView(head.buffer, head.byteOffset);
    const size = view.getUint32(0) === 1 ? Number(view.getBigUint64(8)) : view.getUint32(0);
    if (size < 8) return true;
    at += size;
  }
  return true;
}

/** Some files cannot be read before their end has arrived. */
function holdWhole(queue: ByteQueue, wait: WaitForBytes): Recording {
  while (wait())
    if (queue.length > HELD_BYTES_MAX)
      throw new UnreadableError(
        `its index comes after more than ${HELD_BYTES_MAX} bytes of sound; send it as a file, or with the index first`,
      );
  const bytes = new Uint8Array(queue.length);
  queue.take(bytes);
  return openMemory(bytes);
}

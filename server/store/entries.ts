import { crc32 } from 'node:zlib';
import type { JournalEntry } from '../ports/journal-store.ts';

/** Length and checksum of the body, then the length of its JSON; the rest of the body is audio. Little-endian. */
const HEAD_BYTES = 12;
/** A greater length can only be garbage. */
const ENTRY_BYTES_MAX = 256 * 1_048_576;

export function encodeEntry({ record, audio }: JournalEntry): Uint8Array {
  const json = Buffer.from(JSON.stringify(record));
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + json.length + audio.length);
  bytes.writeUInt32LE(json.length + audio.length + 4, 0);
  bytes.writeUInt32LE(json.length, 8);
  json.copy(bytes, HEAD_BYTES);
  bytes.set(audio, HEAD_BYTES + json.length);
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
  return bytes;
}

/** Decodes the intact entries at the start of `bytes`; nothing after the first broken one can be trusted. */
export function decodeEntries(bytes: Uint8Array): {
  readonly entries: readonly JournalEntry[];
  readonly isComplete: boolean;
} {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: JournalEntry[] = [];
  let offset = 0;
  while (offset + HEAD_BYTES <= buffer.length) {
    const length = buffer.readUInt32LE(offset);
    const body = buffer.subarray(offset + 8, offset + 8 + length);
    if (length < 4 || length > ENTRY_BYTES_MAX || body.length < length) break;
    if (crc32(body) !== buffer.readUInt32LE(offset + 4)) break;
    const jsonLength = body.readUInt32LE(0);
    const record = jsonLength > length - 4 ? undefined : parseRecord(body.toString('utf8', 4, 4 + jsonLength));
    if (record === undefined) break;
    entries.push({ record, audio: body.subarray(4 + jsonLength) });
    offset += 8 + length;
  }
  return { entries, isComplete: offset === buffer.length };
}

function parseRecord(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

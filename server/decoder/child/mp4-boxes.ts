/** A box of an ISO media file: where it begins, where its content does, and where it ends. */
interface Box {
  readonly type: string;
  readonly from: number;
  readonly body: number;
  readonly to: number;
}

/** Boxes of one file. Hours in fragments of a second are some 30,000; a file of empty boxes has millions. */
const BOXES_MAX = 65_536;
/** Tables lie five boxes deep. */
const DEPTH_MAX = 8;
/** Bytes up to the end of the table of a file. Four hours with a large picture take a fifth of it. */
const TABLE_BYTES_MAX = 33_554_432;
const HOLDERS: readonly string[] = ['trak', 'mdia', 'minf', 'stbl'];
/** Bytes of a table before its number of entries, and of each entry. */
const TABLES: ReadonlyMap<string, readonly [head: number, each: number]> = new Map([
  ['stsz', [8, 4]],
  ['stts', [4, 8]],
  ['ctts', [4, 8]],
  ['stsc', [4, 12]],
  ['stco', [4, 4]],
  ['co64', [4, 8]],
  ['stss', [4, 4]],
]);

/**
 * A table of a few bytes may promise billions of packets, which a decoder then makes room for. Throws when one says more
 * than the file can hold, and when the file has more or deeper boxes than any recording.
 */
export function checkTables(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // No packet of sound is shorter than a byte.
  const most = bytes.length;
  let boxes = 0;
  const check = (from: number, to: number, depth: number): void => {
    if (depth > DEPTH_MAX) throw new Error(`its boxes are nested deeper than ${DEPTH_MAX}`);
    for (const box of boxesOf(bytes, from, to)) {
      if (++boxes > BOXES_MAX) throw new Error(`it has more than ${BOXES_MAX} boxes`);
      if (box.type === 'moov' || HOLDERS.includes(box.type)) check(box.body, box.to, depth + 1);
      if (!isTableSound(view, box, most))
        throw new Error(`its table ${box.type} promises more than the file holds; send a whole MP4 file`);
    }
  };
  check(0, bytes.length, 1);
}

function isTableSound(view: DataView, box: Box, most: number): boolean {
  const table = TABLES.get(box.type);
  if (table === undefined || box.body + table[0] + 4 > box.to) return true;
  const [head, each] = table;
  const count = view.getUint32(box.body + head);
  // Packets of one size are only counted.
  const alike = box.type === 'stsz' && view.getUint32(box.body + 4) !== 0;
  const fits = alike ? count <= most : box.body + head + 4 + count * each <= box.to;
  if (!fits || box.type !== 'stts') return fits;
  let packets = 0;
  for (let i = 0; i < count; i++) packets += view.getUint32(box.body + head + 4 + i * each);
  return packets <= most;
}

/**
 * Phones write the table of an MP4 file behind its sound; a decoder that reads as it goes needs it in front. Gives the
 * file's parts in that order, its first part the whole head, without copying the sound. A file that is already so, or
 * is broken, comes back as it is. Call `checkTables` first.
 */
export function moveTableFirst(bytes: Uint8Array): readonly Uint8Array[] {
  const boxes = [...boxesOf(bytes, 0, bytes.length)];
  const at = boxes.findIndex(({ type }) => type === 'moov');
  const moov = boxes[at];
  const sound = boxes.findIndex(({ type }) => type === 'mdat');
  if (moov === undefined || sound < 0) return [bytes];
  const start = boxes[sound]!.from;
  const tableBytes = at < sound ? moov.to : start + moov.to - moov.from;
  if (tableBytes > TABLE_BYTES_MAX) throw new Error(`its table takes more than ${TABLE_BYTES_MAX} bytes`);
  if (at < sound) return [bytes.subarray(0, moov.to), bytes.subarray(moov.to)];
  // A copy, also where the bytes are a Buffer, whose `slice` is none.
  const table = Uint8Array.from(bytes.subarray(moov.from, moov.to));
  shift(table, [...boxesOf(table, 8, table.length)], { after: start, by: table.length });
  const head = new Uint8Array(start + table.length);
  head.set(bytes.subarray(0, start));
  head.set(table, start);
  return [head, bytes.subarray(start, moov.from), bytes.subarray(moov.to)];
}

function* boxesOf(bytes: Uint8Array, from: number, to: number): Generator<Box> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = from; at + 8 <= to; ) {
    const size = view.getUint32(at);
    const long = size === 1 && at + 16 <= to;
    const length = size === 0 ? to - at : long ? Number(view.getBigUint64(at + 8)) : size;
    const body = at + (long ? 16 : 8);
    if (length < body - at || at + length > to) return;
    yield { type: String.fromCharCode(...bytes.subarray(at + 4, at + 8)), from: at, body, to: at + length };
    at += length;
  }
}

/** Every place in the file that a table names moves by as much as was put in front of it. */
function shift(table: Uint8Array, boxes: readonly Box[], move: { readonly after: number; readonly by: number }): void {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  for (const { type, body, to } of boxes) {
    if (HOLDERS.includes(type)) shift(table, [...boxesOf(table, body, to)], move);
    const bytes = type === 'stco' ? 4 : type === 'co64' ? 8 : 0;
    if (bytes === 0 || body + 8 > to) continue;
    const last = Math.min(to - bytes, body + 8 + (view.getUint32(body + 4) - 1) * bytes);
    for (let at = body + 8; at <= last; at += bytes) {
      if (bytes === 4 && view.getUint32(at) >= move.after) view.setUint32(at, view.getUint32(at) + move.by);
      if (bytes === 8 && view.getBigUint64(at) >= BigInt(move.after))
        view.setBigUint64(at, view.getBigUint64(at) + BigInt(move.by));
    }
  }
}

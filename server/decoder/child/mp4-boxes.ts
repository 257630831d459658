/** A box of an ISO media file: where it begins, where its content begins, and where it ends. */
interface Box {
  readonly type: string;
  readonly from: number;
  readonly body: number;
  readonly to: number;
}

/**
 * Maximum number of boxes in a file. Hours in fragments of a second make some 30,000; a file of empty boxes has
 * millions.
 */
const BOXES_MAX = 65_536;
/** Tables are nested five boxes deep. */
const DEPTH_MAX = 8;
/** Maximum bytes up to the end of a file's table. Four hours with a large picture take a fifth of it. */
const TABLE_BYTES_MAX = 33_554_432;
const CONTAINER_BOXES: readonly string[] = ['trak', 'mdia', 'minf', 'stbl'];
/** Bytes of a table before its entry count, and of each entry. */
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
 * Checks that no table claims more packets than the file can hold: a table of a few bytes may promise billions, for
 * which a decoder would allocate memory. Also throws when the file has more or deeper boxes than any recording.
 */
export function checkTables(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // No audio packet is shorter than a byte.
  const max = bytes.length;
  let boxes = 0;
  const check = (from: number, to: number, depth: number): void => {
    if (depth > DEPTH_MAX) throw new Error(`its boxes are nested deeper than ${DEPTH_MAX}`);
    for (const box of readBoxes(bytes, from, to)) {
      if (++boxes > BOXES_MAX) throw new Error(`it has more than ${BOXES_MAX} boxes`);
      if (box.type === 'moov' || CONTAINER_BOXES.includes(box.type)) check(box.body, box.to, depth + 1);
      if (!isTablePlausible(view, box, max))
        throw new Error(`its table ${box.type} promises more than the file holds; send a whole MP4 file`);
    }
  };
  check(0, bytes.length, 1);
}

function isTablePlausible(view: DataView, box: Box, max: number): boolean {
  const table = TABLES.get(box.type);
  if (table === undefined || box.body + table[0] + 4 > box.to) return true;
  const [head, entryBytes] = table;
  const count = view.getUint32(box.body + head);
  // Packets of equal size are only counted.
  const isUniform = box.type === 'stsz' && view.getUint32(box.body + 4) !== 0;
  const fits = isUniform ? count <= max : box.body + head + 4 + count * entryBytes <= box.to;
  if (!fits || box.type !== 'stts') return fits;
  let packets = 0;
  for (let i = 0; i < count; i++) packets += view.getUint32(box.body + head + 4 + i * entryBytes);
  return packets <= max;
}

/**
 * Moves the table of an MP4 file before its audio: phones write it at the end, but a streaming decoder needs it first.
 * Returns the file's parts in that order, the first being the whole head, without copying the audio. A file that is
 * already in order, or is broken, is returned as it is. Call `checkTables` first.
 */
export function moveTableFirst(bytes: Uint8Array): readonly Uint8Array[] {
  const boxes = [...readBoxes(bytes, 0, bytes.length)];
  const at = boxes.findIndex(({ type }) => type === 'moov');
  const moov = boxes[at];
  const audio = boxes.findIndex(({ type }) => type === 'mdat');
  if (moov === undefined || audio < 0) return [bytes];
  const start = boxes[audio]!.from;
  const tableBytes = at < audio ? moov.to : start + moov.to - moov.from;
  if (tableBytes > TABLE_BYTES_MAX) throw new Error(`its table takes more than ${TABLE_BYTES_MAX} bytes`);
  if (at < audio) return [bytes.subarray(0, moov.to), bytes.subarray(moov.to)];
  // A copy, even if the bytes are a Buffer, whose `slice` does not copy.
  const table = Uint8Array.from(bytes.subarray(moov.from, moov.to));
  shiftOffsets(table, [...readBoxes(table, 8, table.length)], { after: start, by: table.length });
  const head = new Uint8Array(start + table.length);
  head.set(bytes.subarray(0, start));
  head.set(table, start);
  return [head, bytes.subarray(start, moov.from), bytes.subarray(moov.to)];
}

function* readBoxes(bytes: Uint8Array, from: number, to: number): Generator<Box> {
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

/** Adjusts every file offset in a table by the length of what was moved before it. */
function shiftOffsets(
  table: Uint8Array,
  boxes: readonly Box[],
  move: { readonly after: number; readonly by: number },
): void {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  for (const { type, body, to } of boxes) {
    if (CONTAINER_BOXES.includes(type)) shiftOffsets(table, [...readBoxes(table, body, to)], move);
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

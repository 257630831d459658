/** Files that are cheap to send and dear to parse. */

/** An MP4 file of nothing but empty boxes of eight bytes. */
export function emptyBoxes(bytes: number): Uint8Array {
  const file = Buffer.alloc(bytes);
  file.write('ftyp', 4, 'latin1');
  file.writeUInt32BE(8, 0);
  for (let at = 8; at + 8 <= bytes; at += 8) {
    file.writeUInt32BE(8, at);
    file.write('free', at + 4, 'latin1');
  }
  return Uint8Array.from(file);
}

/** Boxes that each hold the next. */
export function nestedBoxes(depth: number): Uint8Array {
  const file = Buffer.alloc(8 + depth * 8);
  file.writeUInt32BE(8, 0);
  file.write('ftyp', 4, 'latin1');
  for (let i = 0; i < depth; i++) {
    file.writeUInt32BE((depth - i) * 8, 8 + i * 8);
    file.write(i === 0 ? 'moov' : 'trak', 12 + i * 8, 'latin1');
  }
  return Uint8Array.from(file);
}

/** ID3 tags of so many bytes each, one behind the other. */
export function tags(count: number, bytes: number): Uint8Array {
  const tag = Buffer.alloc(10 + bytes);
  tag.write('ID3', 0, 'latin1');
  tag[3] = 4;
  tag[8] = bytes >> 7;
  tag[9] = bytes & 127;
  return Uint8Array.from(Buffer.concat(Array.from({ length: count }, () => tag)));
}

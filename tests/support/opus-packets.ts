/** The packets of an Ogg Opus file, without its two headers. */
export function packetsOf(file: Buffer): Uint8Array[] {
  const packets: Buffer[] = [];
  let open: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const segments = file[at + 26]!;
    let from = at + 27 + segments;
    for (const length of file.subarray(at + 27, at + 27 + segments)) {
      open.push(file.subarray(from, from + length));
      from += length;
      if (length === 255) continue;
      packets.push(Buffer.concat(open));
      open = [];
    }
    at = from;
  }
  return packets.slice(2);
}

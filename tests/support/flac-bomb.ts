/** A FLAC file of silent frames: a few bytes a frame, 65535 samples of eight channels in each. */
export function flacBomb(frames: number): Uint8Array {
  const info = Buffer.alloc(42);
  info.write('fLaC', 0, 'latin1');
  // The last metadata block, a STREAMINFO of 34 bytes.
  info.writeUInt32BE(0x80000022, 4);
  info.writeUInt16BE(65_535, 8);
  info.writeUInt16BE(65_535, 10);
  // 48 kHz, 8 channels, 16 bits, any number of samples.
  info.writeUInt32BE(((48_000 << 12) | (7 << 9) | (15 << 4)) >>> 0, 18);
  return Uint8Array.from(Buffer.concat([info, ...Array.from({ length: frames }, (_, i) => frame(i))]));
}

function frame(number: number): Buffer {
  const name = number < 128 ? [number] : [0xc0 | (number >> 6), 0x80 | (number & 63)];
  // Sync and fixed size; a size of 16 bits follows, 48 kHz; 8 channels, 16 bits.
  const header = [0xff, 0xf8, 0x7a, 0x78, ...name, 0xff, 0xfe];
  header.push(crc(header, 8, 0x07));
  // Eight constant subframes of the value 0.
  const body = [...header, ...Array.from({ length: 8 }, () => [0, 0, 0]).flat()];
  const sum = crc(body, 16, 0x8005);
  return Buffer.from([...body, sum >> 8, sum & 255]);
}

function crc(bytes: readonly number[], bits: number, polynomial: number): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << (bits - 8);
    for (let i = 0; i < 8; i++) sum = (sum << 1) ^ ((sum >> (bits - 1)) & 1 ? polynomial | (1 << bits) : 0);
  }
  return sum;
}

/** A chunk of a WAV file, padded to an even length. */
export function chunk(name: string, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes, Buffer.alloc(bytes.length % 2)]);
}

/** The chunk that names the format of the samples; tag 0xfffe is the extensible form, of integer samples here. */
export function formatChunk({ tag = 1, bits = 16, sampleRate = 16_000, channels = 1 }): Buffer {
  const body = Buffer.alloc(tag === 0xfffe ? 40 : 16);
  body.writeUInt16LE(tag, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(sampleRate, 4);
  body.writeUInt32LE((sampleRate * channels * bits) / 8, 8);
  body.writeUInt16LE((channels * bits) / 8, 12);
  body.writeUInt16LE(bits, 14);
  if (tag === 0xfffe) body.writeUInt16LE(1, 24);
  return chunk('fmt ', body);
}

export const wav = (...chunks: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), ...chunks]);

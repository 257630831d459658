/** Audio without the header of the WAV file that some clients send as it is; anything else unchanged. */
export function withoutWavHeader(bytes: Uint8Array): Uint8Array {
  const word = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (word(0) !== 'RIFF' || word(8) !== 'WAVE') return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= bytes.length; at += 8 + view.getUint32(at + 4, true)) {
    if (word(at) === 'data') return bytes.subarray(at + 8);
  }
  return bytes;
}

/** How many chunks before the samples are examined; a frame may hold many more empty ones. */
const CHUNKS_MAX = 64;

/** Strips the header of a WAV file that some clients send as it is; anything else is returned unchanged. */
export function stripWavHeader(bytes: Uint8Array): Uint8Array {
  const readTag = (offset: number): string => String.fromCharCode(...bytes.subarray(offset, offset + 4));
  if (readTag(0) !== 'RIFF' || readTag(8) !== 'WAVE') return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 12;
  for (let chunks = 0; chunks < CHUNKS_MAX && offset + 8 <= bytes.length; chunks++) {
    if (readTag(offset) === 'data') return bytes.subarray(offset + 8);
    const size = view.getUint32(offset + 4, true);
    // Chunks are padded to an even length.
    offset += 8 + size + (size % 2);
  }
  return bytes;
}

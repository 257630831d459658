/** Chunks in front of the samples that are looked at; a frame may hold many more empty ones. */
const CHUNKS_MAX = 64;

/** Audio without the header of the WAV file that some clients send as it is; anything else unchanged. */
export function stripWavHeader(bytes: Uint8Array): Uint8Array {
  const word = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (word(0) !== 'RIFF' || word(8) !== 'WAVE') return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 12;
  for (let chunks = 0; chunks < CHUNKS_MAX && at + 8 <= bytes.length; chunks++) {
    if (word(at) === 'data') return bytes.subarray(at + 8);
    const size = view.getUint32(at + 4, true);
    // Chunks are padded to an even length.
    at += 8 + size + (size % 2);
  }
  return bytes;
}

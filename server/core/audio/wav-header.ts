/** Length of a stream that is not known yet: as large as the field can say. */
export const UNKNOWN_BYTES = 0xffff_ffff;

/**
 * The header of a WAV file with 16-bit little-endian samples: 44 bytes (`RIFF`, `fmt ` and the beginning of `data`).
 * `dataBytes` is the length of the samples that follow, or `UNKNOWN_BYTES` for a stream.
 */
export function buildWavHeader(
  { sampleRate, channels }: { readonly sampleRate: number; readonly channels: number },
  dataBytes: number,
): Uint8Array {
  const bytes = new Uint8Array(44);
  const view = new DataView(bytes.buffer);
  const writeTag = (at: number, tag: string): void =>
    bytes.set(
      Array.from(tag, (each) => each.charCodeAt(0)),
      at,
    );
  writeTag(0, 'RIFF');
  view.setUint32(4, Math.min(UNKNOWN_BYTES, dataBytes + 36), true);
  writeTag(8, 'WAVE');
  writeTag(12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  writeTag(36, 'data');
  view.setUint32(40, Math.min(UNKNOWN_BYTES, dataBytes), true);
  return bytes;
}

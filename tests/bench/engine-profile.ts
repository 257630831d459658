import { loadNative, NativeModel, type ProfileRow } from '../../server/engine/native/binding.ts';
import { FINAL_WINDOW_FLOOR, FULL_WINDOW } from '../../server/engine/native/defaults.ts';
import { decoderOf } from './native-decoder.ts';
import { table } from './report.ts';

const WHOLE = 'whole decode';
/** Spectrogram, encoder and the keys and values that the decoder looks at. */
export const ENCODING = 'whole encoding';
const SHARE_MIN = 0.003;

/** Processor time by operation, of a final of 5 s and of 25 s in the whole window, and the share of the machine's peak. */
export async function profile(path: string, speech: Float32Array): Promise<string> {
  const { diagnostics } = loadNative();
  const peaks = diagnostics.measurePeaks();
  const decode = decoderOf(NativeModel.load(path));
  const parts = [
    `kernels: ${diagnostics.kernels}; peak of one core: ${peaks.bytes.toFixed(1)} GMAC/s of bytes, ` +
      `${peaks.floats.toFixed(1)} of floats, ${peaks.read.toFixed(1)} GB/s of memory`,
  ];
  for (const [seconds, floor] of [
    [5, FINAL_WINDOW_FLOOR],
    [25, FULL_WINDOW],
  ] as const) {
    const samples = speech.slice(0, seconds * 16_000);
    await decode(samples, floor);
    diagnostics.beginProfile();
    const { tokens, windowFrames } = await decode(samples, floor);
    const rows = diagnostics.endProfile();
    parts.push(`${seconds} s in a window of ${windowFrames} frames, ${tokens} tokens:\n${describe(rows, peaks)}`);
  }
  return parts.join('\n\n');
}

function describe(
  rows: Readonly<Record<string, ProfileRow>>,
  peaks: { readonly bytes: number; readonly floats: number; readonly read: number },
): string {
  const all = rows[WHOLE]!.ms;
  const listed = Object.entries(rows).filter(([name]) => name !== WHOLE && name !== ENCODING);
  const rest = all - listed.reduce((sum, [, { ms }]) => sum + ms, 0);
  const lines: (string | number)[][] = [
    ['operation', 'calls', 'ms', '% of all', 'GMAC/s', '% of peak', 'GB/s', '% of peak'],
  ];
  for (const [name, { calls, ms, products, bytes }] of listed.toSorted(([, a], [, b]) => b.ms - a.ms)) {
    if (ms < all * SHARE_MIN) continue;
    const rate = products / ms / 1e6;
    const read = bytes / ms / 1e6;
    const peak = name.startsWith('8-bit') ? peaks.bytes : peaks.floats;
    lines.push([
      name,
      String(calls),
      ms,
      (ms / all) * 100,
      products > 0 ? rate : '',
      products > 0 && peak > 0 ? (rate / peak) * 100 : '',
      bytes > 0 ? read : '',
      bytes > 0 && peaks.read > 0 ? (read / peaks.read) * 100 : '',
    ]);
  }
  lines.push(['planning and all else', '', rest, (rest / all) * 100, '', '', '', '']);
  const encoding = rows[ENCODING]!.ms;
  lines.push(['the encoding, of all above', '', encoding, (encoding / all) * 100, '', '', '', '']);
  lines.push([WHOLE, '', all, 100, '', '', '', '']);
  return table(lines);
}

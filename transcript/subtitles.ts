import { toPrintable } from '../protocol/printable.ts';
import { type Cue, formatTimestamp } from './cues.ts';

/**
 * The only writer of subtitles: uploads, exports of server and browser, rooms, the command line and HLS all use it.
 * What was said is text in both formats, whatever it looks like, and takes no part in the file's structure.
 */

/** SubRip (`.srt`). */
export function renderSrt(cues: readonly Cue[]): string {
  return cues
    .map(
      (cue, i) =>
        `${i + 1}\n${formatTimestamp(cue.fromMs, ',')} --> ${formatTimestamp(cue.toMs, ',')}\n${body(cue, srtText)}\n\n`,
    )
    .join('');
}

/** WebVTT (`.vtt`). */
export function renderVtt(cues: readonly Cue[]): string {
  return `WEBVTT\n\n${cues.map(renderVttCue).join('')}`;
}

/** One cue as it stands in a WebVTT file, with the empty line behind it. */
export function renderVttCue(cue: Cue): string {
  return `${formatTimestamp(cue.fromMs, '.')} --> ${formatTimestamp(cue.toMs, '.')}\n${body(cue, vttText)}\n\n`;
}

/** An empty line would end the cue, and what follows it would be read as the next one. */
function body({ text }: Cue, write: (line: string) => string): string {
  return text
    .split(/[\n\v\f\r\u0085\u2028\u2029]+/)
    .map((line) => write(toPrintable(line).trim()))
    .filter((line) => line !== '')
    .join('\n');
}

/** The character references that WebVTT has for its own signs; `-->` cannot appear, for `>` is written as one of them. */
const vttText = (line: string): string => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * SubRip has no specification and no escapes: an entity would be shown as it stands, while players (VLC, mpv, FFmpeg)
 * take `<i>`, `<font …>` and `{\an8}` for markup and leave them out. So only what would be read as markup is written
 * with signs that look alike: `<i>` as `‹i›`, braces as parentheses, `-->` as an arrow. `a < b` stays.
 */
const srtText = (line: string): string =>
  line
    .replaceAll('-->', '→')
    .replace(/<(?=[/!?\p{L}])([^<>]*)>/gu, '‹$1›')
    .replace(/<(?=[/!?\p{L}])/gu, '‹')
    .replaceAll('{', '(')
    .replaceAll('}', ')');

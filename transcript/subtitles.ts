import { toPrintable } from '../protocol/printable.ts';
import { type Cue, formatTimestamp } from './cues.ts';

/**
 * The only writer of subtitles: uploads, exports of server and browser, rooms, the command line and HLS all use it.
 * In both formats, speech is plain text, whatever it looks like, and cannot change the structure of the file.
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

/** One cue of a WebVTT file, including the empty line after it. */
export function renderVttCue(cue: Cue): string {
  return `${formatTimestamp(cue.fromMs, '.')} --> ${formatTimestamp(cue.toMs, '.')}\n${body(cue, vttText)}\n\n`;
}

/** Drops empty lines: one would end the cue, and a player would read the rest as the next one. */
function body({ text }: Cue, write: (line: string) => string): string {
  return text
    .split(/[\n\v\f\r\u0085\u2028\u2029]+/)
    .map((line) => write(toPrintable(line).trim()))
    .filter((line) => line !== '')
    .join('\n');
}

/** Escapes WebVTT's markup as character references. `-->` cannot appear, because `>` is escaped. */
const vttText = (line: string): string => line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * SubRip has no specification and no escapes: players (VLC, mpv, FFmpeg) show an entity literally, but take `<i>`,
 * `<font …>` and `{\an8}` for markup and drop them. So only what would be read as markup is replaced by characters that look
 * similar: `<i>` becomes `‹i›`, braces become parentheses, `-->` becomes an arrow. `a < b` stays.
 */
const srtText = (line: string): string =>
  line
    .replaceAll('-->', '→')
    .replace(/<(?=[/!?\p{L}])([^<>]*)>/gu, '‹$1›')
    .replace(/<(?=[/!?\p{L}])/gu, '‹')
    .replaceAll('{', '(')
    .replaceAll('}', ')');

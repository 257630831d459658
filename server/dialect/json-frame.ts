import { Fault, LIMITS, parseJson } from '../../protocol/index.ts';

/**
 * The fields of a text frame; none for JSON without fields, such as `null` or a number. Throws `frame.size` for more
 * than `textBytesMax` characters and `command.unreadable` for text that is not JSON or nested too deeply.
 */
export function readFields(text: string): Readonly<Record<string, unknown>> {
  if (text.length > LIMITS.textBytesMax)
    throw new Fault('frame.size', { bytes: text.length, limit: LIMITS.textBytesMax });
  const value = parseJson(text);
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** How far into a binary frame the first key of a message is looked for, bytes. */
const HEAD_BYTES = 200;

/**
 * The text of a message that a client sent as a binary frame, as some WebSocket libraries do with every string; undefined for
 * audio, which is never a JSON object that begins with one of the `keys`. It may be longer than `readFields` accepts: a list of
 * words that is too long is an error, not a sound.
 */
export function readBinaryMessage(frame: Uint8Array, keys: readonly string[]): string | undefined {
  if (frame[0] !== 0x7b) return undefined;
  const head = Buffer.from(frame.subarray(0, HEAD_BYTES)).toString('utf8');
  const [, key] = /^\{\s*"(\w+)"\s*:/.exec(head) ?? [];
  if (key === undefined || !keys.includes(key)) return undefined;
  const text = Buffer.from(frame).toString('utf8');
  return text.trimEnd().endsWith('}') ? text : undefined;
}

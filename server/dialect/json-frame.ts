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

/** Longest binary frame that is read as a message. */
const BINARY_MESSAGE_MAX = 16_384;

/**
 * The text of a message that a client sent as a binary frame, as some WebSocket libraries do with every string; undefined for
 * audio, which is never a JSON object that begins with one of the `keys`.
 */
export function readBinaryMessage(frame: Uint8Array, keys: readonly string[]): string | undefined {
  if (frame[0] !== 0x7b || frame.length > BINARY_MESSAGE_MAX) return undefined;
  const text = Buffer.from(frame).toString('utf8');
  const [, key] = /^\{\s*"(\w+)"\s*:/.exec(text) ?? [];
  return key !== undefined && keys.includes(key) && text.trimEnd().endsWith('}') ? text : undefined;
}

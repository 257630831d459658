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

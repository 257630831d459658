import { Fault } from '../../protocol/index.ts';

/** The fields of a text frame; none for JSON that has none, such as `null`. Throws `command.unreadable` for what is not JSON. */
export function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new Fault('command.unreadable', { problem: 'it is not JSON' }, { cause });
  }
}

import type { ClientMessage } from './commands.ts';
import { describeValue } from './describe-value.ts';
import type { ServerEvent } from './events.ts';
import { Fault } from './faults.ts';
import { parseJson } from './parse-json.ts';
import { validateMessage } from './validate.ts';

/** Reads a client's text frame. Throws `command.*` faults that name the wrong field and what it should be. */
export function readClientMessage(text: string): ClientMessage {
  const value = parse(text);
  const { type } = value as { type?: unknown };
  if (type === undefined) throw new Fault('command.unreadable', { problem: 'it has no `type`' });
  if (typeof type !== 'string' || !KNOWN.has(type)) throw new Fault('command.unknown', { got: describeValue(type) });
  return validateMessage(value as ClientMessage);
}

export function writeMessage(message: ClientMessage | ServerEvent): string {
  return JSON.stringify(message);
}

const KNOWN: ReadonlySet<string> = new Set(['start', 'configure', 'flush', 'keepalive', 'finish']);

function parse(text: string): object {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Fault('command.unreadable', { problem: 'it is not a JSON object' });
  }
  return value;
}

import type { ServerEvent } from './events.ts';
import { parseJson } from './parse-json.ts';

const KNOWN: ReadonlySet<string> = new Set<ServerEvent['type']>([
  'ready',
  'resumed',
  'speech',
  'turn',
  'settled',
  'gap',
  'partial',
  'final',
  'revised',
  'cleaned',
  'translated',
  'notice',
  'ack',
  'flushed',
  'done',
  'alive',
  'fault',
]);

/**
 * Reads a server's text frame without validating every field, so that pages need no schema library. Undefined for anything
 * that is not an event of this version.
 */
export function readServerEvent(text: string): ServerEvent | undefined {
  try {
    const value = parseJson(text) as { type?: unknown } | null;
    return typeof value?.type === 'string' && KNOWN.has(value.type) ? (value as ServerEvent) : undefined;
  } catch {
    return undefined;
  }
}

import type { ServerEvent } from './events.ts';
import { parseJson } from './parse-json.ts';

const KNOWN: ReadonlySet<string> = new Set<ServerEvent['type']>([
  'ready',
  'resumed',
  'speech',
  'settled',
  'partial',
  'final',
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
 * Reads a server's text frame without checking every field: what a client needs, at the size a page can afford.
 * Undefined when it is not an event this version knows.
 */
export function readServerEvent(text: string): ServerEvent | undefined {
  try {
    const value = parseJson(text) as { type?: unknown } | null;
    return typeof value?.type === 'string' && KNOWN.has(value.type) ? (value as ServerEvent) : undefined;
  } catch {
    return undefined;
  }
}

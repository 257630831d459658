import type { ServerEvent } from '../../client/sdk/index.ts';

const TRANSPORT = ['ready', 'ack', 'resumed'];

/** The events by type: how types interleave depends on the moment a decode is done. */
export function groupByType(events: readonly ServerEvent[]): Record<string, object[]> {
  const kinds: Record<string, object[]> = {};
  for (const event of events) {
    if (TRANSPORT.includes(event.type)) continue;
    const { seq: _, ...body } = event;
    kinds[event.type] = [...(kinds[event.type] ?? []), 'tookMs' in body ? { ...body, tookMs: 0 } : body];
  }
  return kinds;
}

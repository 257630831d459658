/** One line of the history file. */
export type HistoryEntry =
  | {
      readonly kind: 'said';
      readonly id: string;
      readonly at: string;
      readonly text: string;
      /** Where its audio ends in its dictation, ms. */
      readonly toMs?: number;
    }
  | { readonly kind: 'cleaned'; readonly id: string; readonly text: string }
  | { readonly kind: 'state'; readonly id: string; readonly state: ItemState; readonly text?: string };

/**
 * `waiting` at first; `inserted` into a window or written out; `clipboard` when it went there instead; `lost` when inserting
 * failed; `removed` by undo or a spoken command; `cancelled` with its dictation.
 */
export type ItemState = 'waiting' | 'inserted' | 'clipboard' | 'lost' | 'removed' | 'cancelled';
const STATES: readonly string[] = ['waiting', 'inserted', 'clipboard', 'lost', 'removed', 'cancelled'];

/** One sentence of the history. */
export interface HistoryItem {
  readonly id: string;
  readonly at: string;
  /** As spoken. */
  readonly raw: string;
  /** Text to insert: what was inserted, otherwise the cleaned form, otherwise the spoken words. */
  readonly text: string;
  readonly state: ItemState;
  readonly toMs: number;
}

/** Folds lines into sentences, oldest first. Invalid lines are skipped. */
export function foldHistory(lines: Iterable<string>): HistoryItem[] {
  const items = new Map<string, HistoryItem>();
  for (const line of lines) {
    const entry = readEntry(line);
    if (entry === undefined) continue;
    if (entry.kind === 'said') {
      const { id, at, text, toMs = 0 } = entry;
      items.set(id, { id, at, raw: text, text, state: 'waiting', toMs });
      continue;
    }
    const item = items.get(entry.id);
    if (item === undefined) continue;
    if (entry.kind === 'cleaned') items.set(entry.id, { ...item, text: entry.text });
    else items.set(entry.id, { ...item, state: entry.state, text: entry.text ?? item.text });
  }
  return [...items.values()];
}

/** The shortest lines that describe the last `keep` sentences, and in addition all that were not inserted yet. */
export function compactHistory(items: readonly HistoryItem[], keep: number): string[] {
  const from = items.length - keep;
  return items
    .filter(({ state }, at) => at >= from || isPending(state))
    .slice(-WAITING_MAX)
    .flatMap(renderHistoryLines);
}

/** The lines that describe a sentence. */
export function renderHistoryLines({ id, at, raw, text, state, toMs }: HistoryItem): string[] {
  const entry: HistoryEntry = { kind: 'said', id, at, text: raw, toMs };
  const became: HistoryEntry = { kind: 'state', id, state, text };
  return [JSON.stringify(entry), ...(state === 'waiting' && text === raw ? [] : [JSON.stringify(became)])];
}

/** Most sentences that are kept because they were not inserted: about half a day of speech. */
export const WAITING_MAX = 5_000;

export const isPending = (state: ItemState): boolean => state === 'waiting' || state === 'lost';

function readEntry(line: string): HistoryEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // The last line of a file is incomplete when its writer was killed.
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, id, at, text, state, toMs } = value as Record<string, unknown>;
  if (typeof id !== 'string') return undefined;
  if (kind === 'said' && typeof text === 'string' && typeof at === 'string')
    return { kind, id, at, text, ...(typeof toMs === 'number' ? { toMs } : {}) };
  if (kind === 'cleaned' && typeof text === 'string') return { kind, id, text };
  if (kind !== 'state' || typeof state !== 'string' || !STATES.includes(state)) return undefined;
  return { kind, id, state: state as ItemState, ...(typeof text === 'string' ? { text } : {}) };
}

/** What `again` inserts: the named sentence or dictation, otherwise all that were never inserted, otherwise the last dictation. */
export function selectForReinsertion(items: readonly HistoryItem[], id: string | undefined): readonly HistoryItem[] {
  if (id !== undefined) return items.filter((item) => item.id === id || item.id.startsWith(`${id}.`));
  const pending = items.filter(({ state }) => isPending(state));
  if (pending.length > 0) return pending;
  const last = items.at(-1)?.id.split('.')[0];
  return items.filter((item) => item.id.split('.')[0] === last);
}

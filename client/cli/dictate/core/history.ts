/** One line of the history file. */
export type HistoryEntry =
  | {
      readonly kind: 'said';
      readonly id: string;
      readonly at: string;
      readonly text: string;
      /** Where its sound ends in its dictation, ms. */
      readonly toMs?: number;
    }
  | { readonly kind: 'cleaned'; readonly id: string; readonly text: string }
  | { readonly kind: 'state'; readonly id: string; readonly state: ItemState; readonly text?: string };

/**
 * `waiting` until something became of it; `inserted` into a window or written out; `clipboard` when it went there
 * instead; `lost` when nothing took it; `removed` by undo or scratch; `cancelled` with its dictation.
 */
export type ItemState = 'waiting' | 'inserted' | 'clipboard' | 'lost' | 'removed' | 'cancelled';
const STATES: readonly string[] = ['waiting', 'inserted', 'clipboard', 'lost', 'removed', 'cancelled'];

/** One sentence of the history. */
export interface HistoryItem {
  readonly id: string;
  readonly at: string;
  /** As spoken. */
  readonly raw: string;
  /** As it is to be inserted: what was inserted, or the cleaned form, or as spoken. */
  readonly text: string;
  readonly state: ItemState;
  readonly toMs: number;
}

/** Folds lines into sentences, oldest first. What is no entry is left out. */
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

/** The lines that say the same of the last `keep` sentences; those that wait are kept whatever their number. */
export function compactHistory(items: readonly HistoryItem[], keep: number): string[] {
  const from = items.length - keep;
  return items
    .filter(({ state }, at) => at >= from || isPending(state))
    .slice(-WAITING_MAX)
    .flatMap(renderHistoryLines);
}

/** The lines that make this sentence. */
export function renderHistoryLines({ id, at, raw, text, state, toMs }: HistoryItem): string[] {
  const said: HistoryEntry = { kind: 'said', id, at, text: raw, toMs };
  const became: HistoryEntry = { kind: 'state', id, state, text };
  return [JSON.stringify(said), ...(state === 'waiting' && text === raw ? [] : [JSON.stringify(became)])];
}

/** Even what waits has a bound: sentences, about half a day of speech. */
export const WAITING_MAX = 5_000;

export const isPending = (state: ItemState): boolean => state === 'waiting' || state === 'lost';

function readEntry(line: string): HistoryEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // The last line of a file whose writer was killed.
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

/** What `again` inserts: the one that is named, else all that never came to anything, else the last dictation. */
export function selectForReinsertion(items: readonly HistoryItem[], id: string | undefined): readonly HistoryItem[] {
  if (id !== undefined) return items.filter((item) => item.id === id || item.id.startsWith(`${id}.`));
  const pending = items.filter(({ state }) => isPending(state));
  if (pending.length > 0) return pending;
  const last = items.at(-1)?.id.split('.')[0];
  return items.filter((item) => item.id.split('.')[0] === last);
}

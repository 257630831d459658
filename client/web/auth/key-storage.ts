import { loadValue, removeValue, type StorageSpan, storeValue } from '../storage/browser-storage.ts';

const SPANS: readonly StorageSpan[] = ['tab', 'browser'];

/** The key or token stored under a name, in the tab or in the browser. */
export const loadKey = (name: string): string | undefined => loadValue('tab', name) ?? loadValue('browser', name);

/** How long a key is stored; undefined when there is none. */
export const findStorageSpan = (name: string): StorageSpan | undefined =>
  SPANS.find((span) => loadValue(span, name) !== undefined);

/** Stores a key in one place only. */
export function storeKey(span: StorageSpan, name: string, key: string): void {
  removeKey(name);
  storeValue(span, name, key);
}

export function removeKey(name: string): void {
  for (const span of SPANS) removeValue(span, name);
}

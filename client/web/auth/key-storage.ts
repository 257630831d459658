/** Where a page keeps what it was given: until its tab is closed, or until it is told to forget. */
export type StorageSpan = 'tab' | 'browser';

/** Browsers may forbid storage; the page then asks again after a reload. */
function storageOf(span: StorageSpan): Storage | undefined {
  try {
    return span === 'tab' ? sessionStorage : localStorage;
  } catch {
    return undefined;
  }
}

export function loadKey(name: string): string | undefined {
  try {
    return storageOf('tab')?.getItem(name) ?? storageOf('browser')?.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Where a name is kept; undefined when it is not. */
export function findStorageSpan(name: string): StorageSpan | undefined {
  for (const span of ['tab', 'browser'] as const) if (storageOf(span)?.getItem(name) != null) return span;
  return undefined;
}

export function storeKey(span: StorageSpan, name: string, value: string): void {
  removeKey(name);
  try {
    storageOf(span)?.setItem(name, value);
  } catch {
    // As above.
  }
}

export function removeKey(name: string): void {
  storageOf('tab')?.removeItem(name);
  storageOf('browser')?.removeItem(name);
}

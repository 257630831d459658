/** How long a value is stored: until the tab is closed, or until the user removes it. */
export type StorageSpan = 'tab' | 'browser';

/** Undefined where the browser forbids storage: values then last until the page is closed. */
function openStorage(span: StorageSpan): Storage | undefined {
  try {
    return span === 'tab' ? sessionStorage : localStorage;
  } catch {
    return undefined;
  }
}

/** The value stored under a name; undefined when there is none. */
export function loadValue(span: StorageSpan, name: string): string | undefined {
  try {
    return openStorage(span)?.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Stores a value, where the browser allows it and has space. */
export function storeValue(span: StorageSpan, name: string, value: string): void {
  try {
    openStorage(span)?.setItem(name, value);
  } catch {
    // As above: the page works without.
  }
}

export function removeValue(span: StorageSpan, name: string): void {
  try {
    openStorage(span)?.removeItem(name);
  } catch {
    // As above.
  }
}

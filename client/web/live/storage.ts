import type { Sentence } from '../../sdk/index.ts';

const STORE = 'sentences';
/** Two tabs on one store must not overwrite each other: each counts its sentences under its own time. */
const PAGE = Date.now();

let opened: Promise<IDBDatabase | undefined> | undefined;

/** Undefined where the browser forbids storage: the page then works without. */
function database(): Promise<IDBDatabase | undefined> {
  opened ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open('sotto', 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ['page', 'number'] });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  });
  return opened;
}

/** Keeps finished sentences over a reload; a later form of one replaces it. */
export async function storeSentence(...sentences: readonly Sentence[]): Promise<void> {
  const store = (await database())?.transaction(STORE, 'readwrite').objectStore(STORE);
  // A full disk aborts the transaction by an event nobody has to hear: what is on screen stays.
  for (const sentence of sentences) store?.put({ ...sentence, page: PAGE });
}

/** What earlier visits left, in order, numbered and timed as one page. */
export async function loadSentences(): Promise<Sentence[]> {
  const store = await database();
  if (store === undefined) return [];
  return new Promise((resolve) => {
    const request = store.transaction(STORE, 'readonly').objectStore(STORE).getAll();
    request.onsuccess = () => resolve(mergeTabs(request.result as PageSentence[]));
    request.onerror = () => resolve([]);
  });
}

export async function clearSentences(): Promise<void> {
  const store = await database();
  store?.transaction(STORE, 'readwrite').objectStore(STORE).clear();
}

export type PageSentence = Sentence & { readonly page: number };

/** Tabs that were open at once counted from the same place; laid in a row, each begins where the one before ended. */
export function mergeTabs(kept: readonly PageSentence[]): Sentence[] {
  let shift = 0;
  let end = 0;
  let last: number | undefined;
  return kept.map(({ page, ...sentence }, i) => {
    if (page !== last) shift = Math.max(0, end - sentence.fromMs);
    last = page;
    end = Math.max(end, sentence.toMs + shift);
    const words = sentence.words.map((word) => ({ ...word, fromMs: word.fromMs + shift, toMs: word.toMs + shift }));
    return { ...sentence, words, number: i + 1, fromMs: sentence.fromMs + shift, toMs: sentence.toMs + shift };
  });
}

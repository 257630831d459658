import type { DBSchema } from 'idb';
import type { Sentence } from '../../sdk/index.ts';
import { openDatabase } from '../storage/database.ts';

/** A sentence with the page it is from: the time at which that page was opened, ms since the epoch. */
export type PageSentence = Sentence & { readonly page: number };

interface SentenceSchema extends DBSchema {
  sentences: { key: [page: number, number: number]; value: PageSentence };
}

/** Distinguishes the sentences of tabs that are open at once, so that they do not overwrite each other's. */
const PAGE = Date.now();

let opened: ReturnType<typeof openDatabase<SentenceSchema>> | undefined;

const database = (): NonNullable<typeof opened> => {
  opened ??= openDatabase<SentenceSchema>('sotto', (created) => {
    created.createObjectStore('sentences', { keyPath: ['page', 'number'] });
  });
  return opened;
};

/** Saves finished sentences. A sentence that was saved before is replaced. */
export async function storeSentences(...sentences: readonly Sentence[]): Promise<void> {
  const transaction = (await database())?.transaction('sentences', 'readwrite');
  if (transaction === undefined) return;
  const writes = sentences.map((sentence) => transaction.store.put({ ...sentence, page: PAGE }));
  // When the disk is full nothing is saved, and the page goes on: what is on screen stays.
  await Promise.all([...writes, transaction.done]).catch(() => {});
}

/** The saved sentences of earlier visits, in order, numbered and timed as one continuous page. */
export async function loadSentences(): Promise<Sentence[]> {
  try {
    return mergeTabs((await (await database())?.getAll('sentences')) ?? []);
  } catch {
    return [];
  }
}

export async function clearSentences(): Promise<void> {
  await (await database())?.clear('sentences').catch(() => {});
}

/** Puts the sentences of several tabs in a row: each tab begins where the previous one ended. */
export function mergeTabs(sentences: readonly PageSentence[]): Sentence[] {
  let shift = 0;
  let end = 0;
  let last: number | undefined;
  return sentences.map(({ page, ...sentence }, i) => {
    if (page !== last) shift = Math.max(0, end - sentence.fromMs);
    last = page;
    end = Math.max(end, sentence.toMs + shift);
    const moved = (words: Sentence['words']): Sentence['words'] =>
      words.map((word) => ({ ...word, fromMs: word.fromMs + shift, toMs: word.toMs + shift }));
    // Sentences of version 0.1.0 have no `revisedWords`.
    const { words, revisedWords = [] } = sentence;
    const timed = { words: moved(words), revisedWords: moved(revisedWords) };
    return { ...sentence, ...timed, number: i + 1, fromMs: sentence.fromMs + shift, toMs: sentence.toMs + shift };
  });
}

import type { Sentence } from '../sdk/index.ts';

const KEY = 'sotto.transcript';
/** Browsers keep about 5 MB; the oldest sentences go first. */
const CHARS_MAX = 3_000_000;

/** Keeps finished sentences over a reload. A browser that forbids storage costs nothing but that. */
export function keep(sentences: readonly Sentence[]): void {
  let finished = sentences.filter((sentence) => sentence.final);
  let text = JSON.stringify(finished);
  while (text.length > CHARS_MAX) {
    finished = finished.slice(Math.ceil(finished.length / 4));
    text = JSON.stringify(finished);
  }
  try {
    localStorage.setItem(KEY, text);
  } catch {
    // Private windows may forbid it.
  }
}

export function recall(): Sentence[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? (kept as Sentence[]).filter((sentence) => typeof sentence.stable === 'string') : [];
  } catch {
    return [];
  }
}

export function forget(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept, then.
  }
}

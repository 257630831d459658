import { LIMITS } from '../../../protocol/index.ts';

/** Accents of European scripts. Marks that form another letter, as in Japanese or Hindi, stay. */
const ACCENTS = /[\u0300-\u036f]/g;
const CONTROLS = /\p{Cc}+/gu;
/** Scripts that put no space between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** Folds text for searching: removes case, accents and different forms of the same character. */
export function foldText(text: string): string {
  return text.normalize('NFKD').replace(ACCENTS, '').normalize('NFC').toLowerCase().replace(CONTROLS, ' ');
}

/** The words of a query, folded, without duplicates; at most `queryWordsMax`. A "quoted phrase" is one word. */
export function splitQuery(query: string): string[] {
  const words = [...foldText(query).matchAll(/"([^"]+)"|([^\s"]+)/g)].map((match) => (match[1] ?? match[2]!).trim());
  return [...new Set(words.filter((word) => /[\p{L}\p{N}]/u.test(word)))].slice(0, LIMITS.queryWordsMax);
}

/** Characters shown before a match; twice as many follow it. */
const CONTEXT_CHARS = 60;

/** The part of `text` around its first match with one of `words`; undefined when there is no match. */
export function findSnippet(text: string, words: readonly string[]): string | undefined {
  const { folded, origins } = foldWithOrigins(text);
  const places = words.map((word) => folded.indexOf(word)).filter((at) => at >= 0);
  if (places.length === 0) return undefined;
  const at = origins[Math.min(...places)]!;
  const from = moveCut(text, Math.max(0, at - CONTEXT_CHARS), 'after');
  const to = moveCut(text, Math.min(text.length, at + CONTEXT_CHARS * 2), 'before');
  const piece = text
    .slice(from, Math.max(to, at + 1))
    .replace(/\s+/g, ' ')
    .trim();
  return `${from > 0 ? '…' : ''}${piece}${to < text.length ? '…' : ''}`;
}

/** Moves a cut to a nearby space, and never between two surrogates. */
function moveCut(text: string, at: number, side: 'before' | 'after'): number {
  if (at === 0 || at === text.length) return at;
  const space = side === 'after' ? text.indexOf(' ', at) : text.lastIndexOf(' ', at);
  const near = space >= 0 && Math.abs(space - at) < 20 && !UNSPACED.test(text[at]!);
  const moved = near ? space : at;
  return /[\udc00-\udfff]/.test(text[moved] ?? '') ? moved - 1 : moved;
}

/** Folding changes the length; `origins` maps each folded character to its offset in `text`. */
function foldWithOrigins(text: string): { readonly folded: string; readonly origins: readonly number[] } {
  let folded = '';
  const origins: number[] = [];
  let at = 0;
  for (const character of text.match(/\P{M}\p{M}*|\p{M}+/gu) ?? []) {
    const piece = foldText(character);
    folded += piece;
    for (let i = 0; i < piece.length; i++) origins.push(at);
    at += character.length;
  }
  return { folded, origins };
}

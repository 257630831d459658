import type { OverlaySettings } from './overlay-settings.ts';

/** Beginnings of swear words to mask. The list is short on purpose; `mask=` adds to it. */
const SWEARING = [
  'fuck',
  'motherfuck',
  'shit',
  'bullshit',
  'cunt',
  'asshole',
  'bitch',
  'scheiß',
  'scheiss',
  'arschloch',
  'fick',
  'putain',
  'merde',
  'connard',
  'mierda',
  'joder',
  'puta',
  'caralho',
  'porra',
  'foder',
];

/** Returns the function that writes a word: masked, and in the chosen case. */
export function applySpelling({
  case: wanted,
  profanity,
  mask,
  lang,
}: Pick<OverlaySettings, 'case' | 'profanity' | 'mask' | 'lang'>): (word: string) => string {
  const stems = profanity === 'mask' ? SWEARING : [];
  const whole = new Set(mask.map((word) => word.toLowerCase()));
  const masked = (word: string): string => {
    const bare = word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
    if (!whole.has(bare) && !stems.some((stem) => bare.startsWith(stem))) return word;
    let first = true;
    return word.replace(/[\p{L}\p{N}]/gu, (letter) => {
      if (!first) return '*';
      first = false;
      return letter;
    });
  };
  const locale = lang === '' ? undefined : lang;
  if (wanted === 'upper') return (word) => masked(word).toLocaleUpperCase(locale);
  if (wanted === 'lower') return (word) => masked(word).toLocaleLowerCase(locale);
  return masked;
}

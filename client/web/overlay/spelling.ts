import type { OverlaySettings } from './overlay-settings.ts';

/** Beginnings of words that people ask to be masked; short on purpose, `mask=` adds to it. */
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

/** How a word is written: masked and in the case that is wanted. */
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

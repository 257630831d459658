import type { Hypothesis } from '../hypothesis.ts';
import { SIMPLIFIED, SIMPLIFIED_VARIANTS, TRADITIONAL, TRADITIONAL_VARIANTS } from './chinese-characters.ts';

/** ISO 15924 code of a way to write Chinese: simplified or traditional. */
export type ChineseScript = 'Hans' | 'Hant';

const pair = (from: string, to: string): [string, string][] => [...from].map((sign, i) => [sign, to[i]!]);
const TO_SIMPLIFIED: ReadonlyMap<string, string> = new Map([
  ...pair(TRADITIONAL, SIMPLIFIED),
  ...pair(TRADITIONAL_VARIANTS, SIMPLIFIED_VARIANTS),
]);
const TO_TRADITIONAL: ReadonlyMap<string, string> = new Map(pair(SIMPLIFIED, TRADITIONAL));
/** Codes whose text is Chinese. */
const CHINESE: ReadonlySet<string> = new Set(['zh', 'yue']);

/** Whether text in this language has one of the two scripts. */
export const isChinese = (language: string): boolean => CHINESE.has(language);

/**
 * Writes text in a script, character by character, so that what is stable stays as it is when more follows. A simplified character
 * that stands for several traditional ones becomes the most common of them.
 */
export function writeInScript(text: string, script: ChineseScript): string {
  const table = script === 'Hans' ? TO_SIMPLIFIED : TO_TRADITIONAL;
  return text.replace(/[\u4e00-\u9fff]/g, (sign) => table.get(sign) ?? sign);
}

/** The script of a text, by the characters that are written in one way only; undefined where they are equally many, or none. */
export function detectScript(text: string): ChineseScript | undefined {
  let lead = 0;
  for (const sign of text) lead += Number(TO_TRADITIONAL.has(sign)) - Number(TO_SIMPLIFIED.has(sign));
  return lead === 0 ? undefined : lead > 0 ? 'Hans' : 'Hant';
}

/** A decode with its Chinese words in one script; undefined leaves it as the model wrote it. */
export function withScript(hypothesis: Hypothesis, script: ChineseScript | undefined): Hypothesis {
  if (script === undefined || !isChinese(hypothesis.language)) return hypothesis;
  return {
    ...hypothesis,
    words: hypothesis.words.map((word) => ({ ...word, text: writeInScript(word.text, script) })),
  };
}

/** The code without its script, as the model knows it: `zh` of `zh-Hant`. */
export const removeScript = (language: string): string => language.replace(/-Han[st]$/, '');

/** The script that a session asks for with a code such as `zh-Hant`, as its language or one of those it allows. */
export function findRequestedScript(settings: {
  readonly language: string;
  readonly languages: readonly string[];
}): ChineseScript | undefined {
  for (const code of [settings.language, ...settings.languages]) {
    const script = /-(Han[st])$/.exec(code)?.[1];
    if (script === 'Hans' || script === 'Hant') return script;
  }
  return undefined;
}

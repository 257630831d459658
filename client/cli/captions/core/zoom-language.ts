import { getOwnEntry } from '../../../../protocol/own-entry.ts';

/** Zoom's names of languages, where they are not the code twice. */
const NAMES: Readonly<Record<string, string>> = {
  ...{ en: 'en-US', ja: 'jp-JP', zh: 'zh-CN', yue: 'zh-HK', pt: 'pt-PT', ko: 'ko-KR', uk: 'uk-UA', cs: 'cs-CZ' },
  ...{ sv: 'sv-SE', da: 'da-DK', el: 'el-GR', he: 'he-IL', hi: 'hi-IN', vi: 'vi-VN', ar: 'ar-SA', fa: 'fa-IR' },
  ...{ et: 'et-EE', sl: 'sl-SI', ms: 'ms-MY', ta: 'ta-IN', te: 'te-IN', ur: 'ur-PK', nb: 'nb-NO', no: 'nb-NO' },
};

/** Zoom's name of a language. */
export const toZoomLanguage = (code: string): string => getOwnEntry(NAMES, code) ?? `${code}-${code.toUpperCase()}`;

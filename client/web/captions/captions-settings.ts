import { getOwnEntry, hasOwnKey } from '../../../protocol/own-entry.ts';
import { parseJson } from '../../../protocol/parse-json.ts';
import { ROOM_SETTING, TOKEN_SETTING } from '../overlay/overlay-settings.ts';
import { choiceSetting, patternSetting, type SettingValues } from '../overlay/url-settings.ts';

/** What stands in the address of the captions page; all else is the reader's own choice. */
export const CAPTIONS_SETTINGS = {
  room: patternSetting(
    'main',
    ROOM_SETTING,
    'a-z, 0-9 and -, up to 64',
    'Room to read along in, or the id of a session.',
  ),
  token: TOKEN_SETTING,
  translate: patternSetting(
    '',
    /^[a-z]{2,3}(-[A-Za-z]{2,4})?$|^$/,
    'a language: `de`',
    'Language to begin with instead of the spoken one.',
  ),
  text: choiceSetting(['cleaned', 'raw'], 'Text to begin with: tidied, or as spoken.'),
  lang: patternSetting(
    '',
    /^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$|^$/,
    'a language: `de`',
    'Language of the page to begin with. Empty: the browser’s.',
  ),
} as const;
export type CaptionsAddress = SettingValues<typeof CAPTIONS_SETTINGS>;

/** What a reader chooses, kept by the browser. */
export interface ReaderChoices {
  readonly size: number;
  readonly font: 'sans' | 'serif' | 'wide' | 'mono';
  readonly look: 'auto' | 'light' | 'dark' | 'contrast' | 'yellow';
  readonly text: 'cleaned' | 'raw';
  readonly translate: string;
  readonly both: boolean;
  readonly announce: boolean;
  readonly awake: boolean;
  readonly language: string;
}

export const SIZE_SETTING = { min: 80, max: 400, step: 10, bigStep: 20 };
const KEY = 'sotto.captions';
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  font: ['sans', 'serif', 'wide', 'mono'],
  look: ['auto', 'light', 'dark', 'contrast', 'yellow'],
  text: ['cleaned', 'raw'],
};

/** The choices of last time; what an address asks for comes before them. */
export function readReaderChoices(
  address: CaptionsAddress,
  given: ReadonlySet<string>,
  kept: string | null,
): ReaderChoices {
  const defaults: ReaderChoices = {
    ...{ size: 100, font: 'sans', look: 'auto', both: false, announce: true, awake: true },
    ...{ text: address.text, translate: address.translate, language: address.lang },
  };
  const known: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(parsed(kept))) {
    if (!hasOwnKey(known, name)) continue;
    const usual = known[name];
    if (typeof value !== typeof usual || given.has(name === 'language' ? 'lang' : name)) continue;
    if (getOwnEntry(ALLOWED, name)?.includes(value as string) ?? true) known[name] = value;
  }
  const choices = known as unknown as ReaderChoices;
  return {
    ...choices,
    size: Math.min(
      SIZE_SETTING.max,
      Math.max(SIZE_SETTING.min, Math.round(choices.size / SIZE_SETTING.step) * SIZE_SETTING.step),
    ),
  };
}

function parsed(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = parseJson(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Browsers may forbid storage; the page then forgets, and works. */
export function loadReaderChoices(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function saveReaderChoices(choices: ReaderChoices): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(choices));
  } catch {
    // As above.
  }
}

import { getOwnEntry, hasOwnKey } from '../../../protocol/own-entry.ts';
import { parseJson } from '../../../protocol/parse-json.ts';
import { TEXT_FORMS, type TextForm } from '../../../transcript/wanted-form.ts';
import { roomSetting, TOKEN_SETTING } from '../rooms/room-settings.ts';
import { loadValue, storeValue } from '../storage/browser-storage.ts';
import { choiceSetting, patternSetting, type SettingValues } from '../ui/url-settings.ts';

/** Settings in the address of the captions page; everything else is the reader's own choice. */
export const CAPTIONS_SETTINGS = {
  room: roomSetting('Room to read along in, or the id of a session.'),
  token: TOKEN_SETTING,
  translate: patternSetting(
    '',
    /^[a-z]{2,3}(-[A-Za-z]{2,4})?$|^$/,
    'a language: `de`',
    'Initial language, instead of the spoken one.',
  ),
  text: choiceSetting(TEXT_FORMS, 'Initial text: cleaned, revised but not cleaned, or the first version.'),
  lang: patternSetting(
    '',
    /^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$|^$/,
    'a language: `de`',
    'Initial language of the page. Empty: the browser’s.',
  ),
} as const;
export type CaptionsAddress = SettingValues<typeof CAPTIONS_SETTINGS>;

/** What a reader has chosen, stored by the browser. */
export interface ReaderChoices {
  readonly size: number;
  readonly font: 'sans' | 'serif' | 'wide' | 'mono';
  readonly colors: 'auto' | 'light' | 'dark' | 'contrast' | 'yellow';
  readonly text: TextForm;
  readonly translate: string;
  readonly both: boolean;
  readonly announce: boolean;
  readonly awake: boolean;
  readonly language: string;
}

export const SIZE_SETTING = { min: 80, max: 400, step: 10, bigStep: 20 };
const CHOICES_NAME = 'sotto.captions';
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  font: ['sans', 'serif', 'wide', 'mono'],
  colors: ['auto', 'light', 'dark', 'contrast', 'yellow'],
  text: TEXT_FORMS,
};

/** The choices of the last visit. Settings `given` in the address take precedence. */
export function readReaderChoices(
  address: CaptionsAddress,
  given: ReadonlySet<string>,
  stored: string | undefined,
): ReaderChoices {
  const defaults: ReaderChoices = {
    ...{ size: 100, font: 'sans', colors: 'auto', both: false, announce: true, awake: true },
    ...{ text: address.text, translate: address.translate, language: address.lang },
  };
  const known: Record<string, unknown> = { ...defaults };
  for (const [storedName, value] of Object.entries(parsed(stored))) {
    // Version 0.1.0 stored the colours as `look`.
    const name = storedName === 'look' ? 'colors' : storedName;
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

function parsed(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = parseJson(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The choices of the last visit, as `readReaderChoices` reads them. */
export const loadReaderChoices = (): string | undefined => loadValue('browser', CHOICES_NAME);

export const saveReaderChoices = (choices: ReaderChoices): void =>
  storeValue('browser', CHOICES_NAME, JSON.stringify(choices));

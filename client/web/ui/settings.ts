import { type ConnectOptions, LIMITS } from '../../sdk/index.ts';
import type { MicrophoneOptions } from '../audio/microphone.ts';
import { type LanguageOption, listLanguageOptions } from '../i18n/languages.ts';
import type { ServerInfo } from '../server/server-info.ts';
import { loadValue, storeValue } from '../storage/browser-storage.ts';

const MICROPHONE_FIELDS = ['device', 'echo', 'noise', 'gain'] as const;
const SESSION_FIELDS = ['language', 'task', 'partials', 'cleanup', 'vocabulary'] as const;
const PAGE_FIELDS = ['pace'] as const;
type Field = (typeof MICROPHONE_FIELDS)[number] | (typeof SESSION_FIELDS)[number] | (typeof PAGE_FIELDS)[number];
type Mode<K extends 'partials' | 'cleanup'> = NonNullable<NonNullable<ConnectOptions[K]>['mode']>;

/** The server's limits; a longer vocabulary is a fault. */
const VOCABULARY_WORDS_MAX = 100;
const WORD_CHARS_MAX = 100;

const findField = (field: Field): HTMLInputElement | HTMLSelectElement | null => document.querySelector(`#${field}`);
const readField = (field: Field): string => findField(field)?.value ?? '';
const isChecked = (field: Field): boolean => (findField(field) as HTMLInputElement | null)?.checked ?? false;

export function readMicrophoneOptions(): MicrophoneOptions {
  return { device: readField('device'), echo: isChecked('echo'), noise: isChecked('noise'), gain: isChecked('gain') };
}

export function readPace(): 0 | 1 {
  return readField('pace') === '1' ? 1 : 0;
}

/** Options for `start`, as chosen on the page. Cleaning is left out when the server decides. */
export function readSessionOptions() {
  const cleanup = readField('cleanup');
  return {
    language: readField('language'),
    task: (readField('task') || 'transcribe') as 'transcribe' | 'translate',
    partials: { mode: (readField('partials') || 'revisable') as Mode<'partials'> },
    vocabulary: splitVocabulary(readField('vocabulary')),
    ...(cleanup === 'default' ? {} : { cleanup: { mode: cleanup as Mode<'cleanup'> } }),
  };
}

/** Splits what was typed into names and words, at commas, semicolons and line breaks. */
export function splitVocabulary(text: string): string[] {
  let room: number = LIMITS.vocabularyCharsMax;
  return text
    .split(/[,;\n]/)
    .map((word) => word.trim().slice(0, WORD_CHARS_MAX))
    .filter((word) => {
      room -= word.length;
      return word !== '' && room >= 0;
    })
    .slice(0, VOCABULARY_WORDS_MAX);
}

/** Restores the settings of the last visit, saves every change, and calls `changed` with what the change concerns. */
export function rememberSettings(changed: (which: 'microphone' | 'session') => void): void {
  for (const field of [...MICROPHONE_FIELDS, ...SESSION_FIELDS, ...PAGE_FIELDS]) {
    const input = findField(field);
    // Each page has only some of the settings.
    if (input === null) continue;
    const isCheckbox = input instanceof HTMLInputElement && input.type === 'checkbox';
    const stored = readSetting(field);
    if (stored !== undefined) {
      if (isCheckbox) input.checked = stored === 'true';
      else if (input instanceof HTMLSelectElement) selectOption(input, stored);
      else input.value = stored;
    }
    input.addEventListener('change', () => {
      writeSetting(field, isCheckbox ? String(input.checked) : input.value);
      if ((MICROPHONE_FIELDS as readonly string[]).includes(field)) changed('microphone');
      else if ((SESSION_FIELDS as readonly string[]).includes(field) && field !== 'task') changed('session');
    });
  }
}

/** Fills the list of microphones. The chosen one stays selected if it is still there. */
export function fillMicrophoneList(choices: readonly LanguageOption[]): void {
  fillSelect('device', { value: '', label: 'System default' }, choices);
}

/** Offers the languages and tasks of the server's model. */
export function applyServerInfo({ languages, model }: ServerInfo): void {
  if (languages === undefined) return;
  const one = languages !== 'all' && languages.length === 1;
  const choices = listLanguageOptions(languages);
  fillSelect('language', { value: 'auto', label: one ? choices[0]!.label : 'Detect' }, one ? [] : choices);
  const task = findField('task') as HTMLSelectElement | null;
  if (task === null) return;
  const translate = task.options[1]!;
  translate.disabled = languages !== 'all';
  translate.text = languages === 'all' ? 'Translate to English' : `Translate to English (not with ${model})`;
  if (translate.disabled) task.value = 'transcribe';
}

function fillSelect(field: 'device' | 'language', first: LanguageOption, choices: readonly LanguageOption[]): void {
  const select = findField(field) as HTMLSelectElement;
  const before = readSetting(field) ?? select.value;
  select.replaceChildren(...[first, ...choices].map(({ value, label }) => new Option(label, value)));
  if (!selectOption(select, before)) select.value = first.value;
}

/** Selects an option, if the list has it. Returns whether it has. */
export function selectOption(select: HTMLSelectElement, value: string): boolean {
  const hasOption = [...select.options].some((option) => option.value === value);
  if (hasOption) select.value = value;
  return hasOption;
}

/** A stored setting; undefined also where the browser forbids storage. */
export const readSetting = (field: string): string | undefined => loadValue('browser', `sotto.${field}`);

export const writeSetting = (field: string, value: string): void => storeValue('browser', `sotto.${field}`, value);

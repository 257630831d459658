import { type ConnectOptions, LIMITS } from '../../sdk/index.ts';
import type { MicrophoneOptions } from '../audio/microphone.ts';
import { type LanguageOption, listLanguageOptions } from '../i18n/languages.ts';
import type { ServerInfo } from '../server/server-info.ts';

const MICROPHONE = ['device', 'echo', 'noise', 'gain'] as const;
const SESSION = ['language', 'task', 'partials', 'cleanup', 'vocabulary'] as const;
const PAGE = ['pace'] as const;
type Field = (typeof MICROPHONE)[number] | (typeof SESSION)[number] | (typeof PAGE)[number];
type Mode<K extends 'partials' | 'cleanup'> = NonNullable<NonNullable<ConnectOptions[K]>['mode']>;

/** What the server takes at most; more would be a fault. */
const WORDS_MAX = 100;
const WORD_CHARS_MAX = 100;

const element = (field: Field): HTMLInputElement | HTMLSelectElement | null => document.querySelector(`#${field}`);
const chosen = (field: Field): string => element(field)?.value ?? '';
const isOn = (field: Field): boolean => (element(field) as HTMLInputElement | null)?.checked ?? false;

export function readMicrophoneOptions(): MicrophoneOptions {
  return { device: chosen('device'), echo: isOn('echo'), noise: isOn('noise'), gain: isOn('gain') };
}

export function readPace(): 0 | 1 {
  return chosen('pace') === '1' ? 1 : 0;
}

/** What `start` asks for. Cleaning is left out when it is the server's choice. */
export function readSessionOptions() {
  const cleanup = chosen('cleanup');
  return {
    language: chosen('language'),
    task: (chosen('task') || 'transcribe') as 'transcribe' | 'translate',
    partials: { mode: (chosen('partials') || 'revisable') as Mode<'partials'> },
    vocabulary: splitVocabulary(chosen('vocabulary')),
    ...(cleanup === 'default' ? {} : { cleanup: { mode: cleanup as Mode<'cleanup'> } }),
  };
}

/** Names and words out of what was typed: commas, semicolons or lines between them. */
export function splitVocabulary(text: string): string[] {
  let room: number = LIMITS.vocabularyCharsMax;
  return text
    .split(/[,;\n]/)
    .map((word) => word.trim().slice(0, WORD_CHARS_MAX))
    .filter((word) => {
      room -= word.length;
      return word !== '' && room >= 0;
    })
    .slice(0, WORDS_MAX);
}

/** Puts back what was chosen last time, remembers every change, and tells whom it concerns. */
export function rememberSettings(changed: (which: 'microphone' | 'session') => void): void {
  for (const field of [...MICROPHONE, ...SESSION, ...PAGE]) {
    const input = element(field);
    // A page has the settings it needs.
    if (input === null) continue;
    const box = input instanceof HTMLInputElement && input.type === 'checkbox';
    const kept = readSetting(field);
    if (kept !== null) {
      if (box) input.checked = kept === 'true';
      else if (!(input instanceof HTMLSelectElement) || has(input, kept)) input.value = kept;
    }
    input.addEventListener('change', () => {
      writeSetting(field, box ? String(input.checked) : input.value);
      if ((MICROPHONE as readonly string[]).includes(field)) changed('microphone');
      else if ((SESSION as readonly string[]).includes(field) && field !== 'task') changed('session');
    });
  }
}

/** Fills the list of microphones and keeps what was chosen when it is still there. */
export function fillMicrophoneList(choices: readonly LanguageOption[]): void {
  offer('device', { value: '', label: 'System default' }, choices);
}

/** Offers what the server's model can do. */
export function applyServerInfo({ languages, model }: ServerInfo): void {
  if (languages === undefined) return;
  const one = languages !== 'all' && languages.length === 1;
  const choices = listLanguageOptions(languages);
  offer('language', { value: 'auto', label: one ? choices[0]!.label : 'Detect' }, one ? [] : choices);
  const task = element('task') as HTMLSelectElement | null;
  if (task === null) return;
  const translate = task.options[1]!;
  translate.disabled = languages !== 'all';
  translate.text = languages === 'all' ? 'Translate to English' : `Translate to English (not with ${model})`;
  if (translate.disabled) task.value = 'transcribe';
}

function offer(field: 'device' | 'language', first: LanguageOption, choices: readonly LanguageOption[]): void {
  const select = element(field) as HTMLSelectElement;
  const before = readSetting(field) ?? select.value;
  select.replaceChildren(...[first, ...choices].map(({ value, label }) => new Option(label, value)));
  select.value = has(select, before) ? before : first.value;
}

const has = (select: HTMLSelectElement, value: string): boolean =>
  [...select.options].some((option) => option.value === value);

/** Browsers may forbid storage; the page then forgets, and works. */
export function readSetting(field: string): string | null {
  try {
    return localStorage.getItem(`sotto.${field}`);
  } catch {
    return null;
  }
}

export function writeSetting(field: string, value: string): void {
  try {
    localStorage.setItem(`sotto.${field}`, value);
  } catch {
    // As above: nothing is kept.
  }
}

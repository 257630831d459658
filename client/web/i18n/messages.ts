import { getOwnEntry } from '../../../protocol/own-entry.ts';

/** Languages of the interface, each by its own name. */
export const INTERFACE_LANGUAGES = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  pt: 'Português',
  ja: '日本語',
  zh: '中文',
  ar: 'العربية',
} as const;
export type InterfaceLanguage = keyof typeof INTERFACE_LANGUAGES;

/** The texts of a page, by language. TypeScript checks that every language has every key. `{name}` stands for a value. */
export type MessageTable<Key extends string> = Readonly<Record<InterfaceLanguage, Readonly<Record<Key, string>>>>;

const RIGHT_TO_LEFT: readonly string[] = ['ar'];
const isInterfaceLanguage = (code: string | undefined): code is InterfaceLanguage =>
  code !== undefined && Object.hasOwn(INTERFACE_LANGUAGES, code);

/** The first of the preferred languages that the interface has; English when it has none of them. */
export function pickInterfaceLanguage(wanted: readonly (string | null | undefined)[]): InterfaceLanguage {
  for (const tag of wanted) {
    const code = tag?.toLowerCase().split(/[-_]/)[0];
    if (isInterfaceLanguage(code)) return code;
  }
  return 'en';
}

export const getTextDirection = (language: string): 'ltr' | 'rtl' => (RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr');

/** The text of a key, with each `{name}` replaced from `values`. */
export function translate<Key extends string>(
  messages: Readonly<Record<Key, string>>,
  key: Key,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return messages[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(getOwnEntry(values, name) ?? whole));
}

/**
 * Translates the page: `data-message="key"` names the text of an element, `data-message-label` its `aria-label`, and
 * `data-message-placeholder` its placeholder. The HTML itself holds the English texts of the table.
 */
export function applyMessages<Key extends string>(
  root: Document,
  messages: Readonly<Record<Key, string>>,
  language: InterfaceLanguage,
): void {
  root.documentElement.lang = language;
  root.documentElement.dir = getTextDirection(language);
  const findMessage = (key: string | undefined): string | undefined =>
    key === undefined ? undefined : getOwnEntry<string>(messages, key);
  for (const element of root.querySelectorAll<HTMLElement>('[data-message]')) {
    element.textContent = findMessage(element.dataset['message']) ?? element.textContent;
  }
  for (const [name, attribute] of [
    ['messageLabel', 'aria-label'],
    ['messagePlaceholder', 'placeholder'],
  ] as const) {
    const selector = `[data-message-${name === 'messageLabel' ? 'label' : 'placeholder'}]`;
    for (const element of root.querySelectorAll<HTMLElement>(selector)) {
      const message = findMessage(element.dataset[name]);
      if (message !== undefined) element.setAttribute(attribute, message);
    }
  }
}

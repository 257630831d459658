import { storeValue } from '../storage/browser-storage.ts';

/** Switches between light and dark, and saves the choice where the browser allows it. */
export function toggleTheme(): void {
  const { dataset } = document.documentElement;
  const dark =
    dataset['theme'] === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : dataset['theme'] === 'dark';
  dataset['theme'] = dark ? 'light' : 'dark';
  storeValue('browser', 'sotto.theme', dataset['theme']);
}

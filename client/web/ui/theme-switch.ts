/** Changes between light and dark, and remembers it where the browser allows. */
export function toggleTheme(): void {
  const { dataset } = document.documentElement;
  const dark =
    dataset['theme'] === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : dataset['theme'] === 'dark';
  dataset['theme'] = dark ? 'light' : 'dark';
  try {
    localStorage.setItem('sotto.theme', dataset['theme']);
  } catch {
    // Storage is forbidden: the choice lasts as long as the page.
  }
}

// Loaded before the page is painted, so that it does not flash in the other theme first.
try {
  const theme = localStorage.getItem('sotto.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;
} catch {
  // Storage is forbidden: the system's theme applies.
}

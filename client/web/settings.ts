const FIELDS = ['device', 'language', 'task', 'partials', 'cleanup', 'vocabulary', 'echo', 'noise', 'gain'] as const;
export type Field = (typeof FIELDS)[number];

const element = (field: Field): HTMLInputElement | HTMLSelectElement => document.querySelector(`#${field}`)!;

export function chosen(field: Field): string {
  return element(field).value;
}

export function isOn(field: 'echo' | 'noise' | 'gain'): boolean {
  return (element(field) as HTMLInputElement).checked;
}

/** Puts back what was chosen last time, and remembers every change. */
export function rememberSettings(): void {
  for (const field of FIELDS) {
    const input = element(field);
    const kept = localStorage.getItem(`sotto.${field}`);
    if (kept !== null) {
      if (input instanceof HTMLInputElement && input.type === 'checkbox') input.checked = kept === 'true';
      else input.value = kept;
    }
    input.addEventListener('change', () => {
      const value =
        input instanceof HTMLInputElement && input.type === 'checkbox' ? String(input.checked) : input.value;
      localStorage.setItem(`sotto.${field}`, value);
    });
  }
}

/** Fills a list with choices and keeps what was chosen when it is still there. */
export function offer(
  field: 'device' | 'language',
  first: string,
  choices: readonly { readonly value: string; readonly label: string }[],
): void {
  const select = element(field) as HTMLSelectElement;
  const before = localStorage.getItem(`sotto.${field}`) ?? select.value;
  select.replaceChildren(
    ...[{ value: field === 'device' ? '' : 'auto', label: first }, ...choices].map(
      ({ value, label }) => new Option(label, value),
    ),
  );
  if ([...select.options].some((option) => option.value === before)) select.value = before;
}

/** Names of languages in the reader's own. */
export function languageChoices(codes: readonly string[]): { value: string; label: string }[] {
  const names = new Intl.DisplayNames([navigator.language, 'en'], { type: 'language', fallback: 'code' });
  return codes
    .map((value) => ({ value, label: names.of(value) ?? value }))
    .sort((a, b) => a.label.localeCompare(b.label));
}

/** A value for the text of a fault: at most 60 characters, whatever the value is and however deeply it is nested. */
export function describeValue(value: unknown): string {
  const text = typeof value === 'string' ? value : stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    // V8 parses JSON of any depth, but overflows its stack when it writes it again.
    return 'something nested too deep';
  }
}

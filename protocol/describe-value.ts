/** A value for the text of a fault: 60 characters at most, whatever came and however deep it is nested. */
export function describeValue(value: unknown): string {
  const text = typeof value === 'string' ? value : written(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function written(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    // It can be read at any depth, but not written again.
    return 'something nested too deep';
  }
}

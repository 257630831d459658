import { Fault } from '../../protocol/index.ts';

/** A whole number of a URL's query; undefined where it is absent or empty. Throws `command.option`. */
export function readInteger(
  query: URLSearchParams,
  name: string,
  [min, max]: readonly [number, number],
): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Fault('command.option', { name, got: text.slice(0, 40), want: `${min} to ${max}` });
}

/** Nothing is sent to an address that a client names, and nobody may be led to believe that secrets were redacted. */
export function refuseHarmfulOptions(query: URLSearchParams): void {
  if (query.has('callback')) {
    const want = 'none: answers come on this connection';
    throw new Fault('command.option', { name: 'callback', got: '(a URL)', want });
  }
  const redact = query.getAll('redact').find((value) => value !== '' && value !== 'false');
  if (redact !== undefined)
    throw new Fault('command.option', { name: 'redact', got: redact.slice(0, 40), want: 'none: it is not available' });
}

import { Fault, type FaultCode } from '../../../protocol/index.ts';

const GOT_CHARS = 40;
const ADDRESS = 'the address';

/** A part of a path or query as text. Throws `command.option` for escapes that are broken, no UTF-8, or a NUL. */
export function decodePathSegment(segment: string): string {
  const fault = findBrokenEscape(segment);
  if (fault !== undefined) throw fault;
  return decodeURIComponent(segment);
}

/** The fault of an address whose percent escapes cannot be decoded; undefined for every other. */
export function findBrokenEscape(url: string): Fault | undefined {
  if (!url.includes('%')) return undefined;
  const at = url.search(/%(?![0-9a-f]{2})|%00/i);
  if (at < 0 && isDecodable(url)) return undefined;
  const got = at < 0 ? url.slice(url.indexOf('%')) : url.slice(at, at + 3);
  return new Fault('command.option', {
    name: ADDRESS,
    got: `with the escape ${got.slice(0, GOT_CHARS)}`,
    want: 'percent escapes of UTF-8 text (%25 for a percent sign)',
  });
}

/** Whether a fault is about the address itself: endpoints answer it alike, whatever their own errors look like. */
export function isAddressFault({ code, data }: { readonly code: FaultCode; readonly data?: object }): boolean {
  return code === 'command.option' && data !== undefined && 'name' in data && data.name === ADDRESS;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

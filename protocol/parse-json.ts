import { Fault } from './faults.ts';
import { LIMITS } from './limits.ts';

/**
 * Parses JSON from a foreign source. Throws `command.unreadable` for text that is not JSON, and for more than `depthMax` levels
 * of arrays and objects (default 32), so that every result can be written again: V8 parses JSON of any depth, but throws a
 * RangeError when it writes a value that is nested some thousand levels deep.
 */
export function parseJson(
  text: string,
  { depthMax = LIMITS.jsonDepthMax }: { readonly depthMax?: number } = {},
): unknown {
  if (isDeeperThan(text, depthMax))
    throw new Fault('command.unreadable', { problem: `it is nested deeper than ${depthMax} levels` });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault('command.unreadable', { problem: 'it is not JSON' }, { cause });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Scans the text, because a recursive walk over the value would be as deep as the value. Assumes that the text is JSON. */
function isDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > depthMax) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
    }
  }
  return false;
}

/** Index at which the string that begins at `from` ends; the length of the text when it does not end. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

import { pino } from 'pino';
import { toPrintable } from '../../protocol/index.ts';
import type { Log } from '../ports/log.ts';

/** Errors behind errors that are shown. */
const CAUSES_MAX = 4;

/** JSON lines on stderr, so that stdout stays for people; readable lines when stderr is a terminal. */
export function openLog(level: string): Log {
  const form = {
    level,
    serializers: { err: (error: unknown) => describeErrorOrigin(error) },
    // Names that clients chose are shown in a terminal, as text and nothing else.
    formatters: { log: (fields: object) => toPrintableFields(fields) as Record<string, unknown> },
  };
  if (process.stderr.isTTY) {
    return pino({ ...form, transport: { target: 'pino-pretty', options: { destination: 2, ignore: 'pid,hostname' } } });
  }
  const destination = pino.destination({ fd: 2, sync: true });
  // Lines that cannot be written (a full disk, a reader that has gone) are lost; without a listener whoever logs would fail.
  destination.on('error', () => {});
  return pino(form, destination);
}

/**
 * What an error was and where it came from. Its text is left out: texts of Node and of libraries quote what they were given,
 * which is words, addresses with tokens, and names of files.
 */
export function describeErrorOrigin(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code } = error as NodeJS.ErrnoException;
  // A text may have lines that look like frames; those of the stack come after it.
  const stack = error.stack ?? '';
  const told = stack.indexOf(error.message);
  const frames = (told < 0 ? stack : stack.slice(told + error.message.length)).split('\n');
  const hasCause = error.cause !== undefined && depth < CAUSES_MAX;
  return {
    type: error.constructor.name,
    ...(typeof code === 'string' ? { code } : {}),
    stack: frames.filter((line) => /^\s+at /.test(line)).map((line) => line.trim()),
    ...(hasCause ? { cause: describeErrorOrigin(error.cause, depth + 1) } : {}),
  };
}

/** Fields of a log line deeper than this are left as they are. */
const FIELDS_DEPTH = 4;

/** The same fields with printable texts; what is no plain object or list stays itself. */
export function toPrintableFields(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return toPrintable(value);
  if (typeof value !== 'object' || value === null || depth >= FIELDS_DEPTH) return value;
  if (Array.isArray(value)) return value.map((each) => toPrintableFields(each, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toPrintableFields(each, depth + 1)]));
}

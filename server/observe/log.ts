import { pino } from 'pino';
import { toPrintable } from '../../protocol/index.ts';
import type { Log } from '../ports/log.ts';

/** How many nested causes of an error are logged. */
const CAUSES_MAX = 4;

/** Writes JSON lines to stderr, so that stdout stays for people; readable lines when stderr is a terminal. */
export function openLog(level: string): Log {
  const options = {
    level,
    serializers: { err: (error: unknown) => describeErrorOrigin(error) },
    // Names chosen by clients are shown in a terminal, so control characters are removed.
    formatters: { log: (fields: object) => toPrintableFields(fields) as Record<string, unknown> },
  };
  if (process.stderr.isTTY) {
    return pino({
      ...options,
      transport: { target: 'pino-pretty', options: { destination: 2, ignore: 'pid,hostname' } },
    });
  }
  const destination = pino.destination({ fd: 2, sync: true });
  // Lines that cannot be written (a full disk, a closed reader) are lost; without a listener logging would fail.
  destination.on('error', () => {});
  return pino(options, destination);
}

/**
 * Describes the type and origin of an error. Its message is left out: messages of Node and of libraries quote their
 * input, which may be spoken words, URLs with tokens, and file names.
 */
export function describeErrorOrigin(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code } = error as NodeJS.ErrnoException;
  // A message may contain lines that look like frames; those of the stack come after it.
  const stack = error.stack ?? '';
  const messageStart = stack.indexOf(error.message);
  const frames = (messageStart < 0 ? stack : stack.slice(messageStart + error.message.length)).split('\n');
  const hasCause = error.cause !== undefined && depth < CAUSES_MAX;
  return {
    type: error.constructor.name,
    ...(typeof code === 'string' ? { code } : {}),
    stack: frames.filter((line) => /^\s+at /.test(line)).map((line) => line.trim()),
    ...(hasCause ? { cause: describeErrorOrigin(error.cause, depth + 1) } : {}),
  };
}

/** Fields of a log line nested deeper than this are left as they are. */
const FIELDS_DEPTH = 4;

/** The same fields with printable texts; anything but plain objects and arrays stays as it is. */
function toPrintableFields(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return toPrintable(value);
  if (typeof value !== 'object' || value === null || depth >= FIELDS_DEPTH) return value;
  if (Array.isArray(value)) return value.map((each) => toPrintableFields(each, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toPrintableFields(each, depth + 1)]));
}

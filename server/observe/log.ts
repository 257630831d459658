import { pino } from 'pino';
import type { Log } from '../ports/log.ts';

/** Errors behind errors that are shown. */
const CAUSES_MAX = 4;

/** JSON lines on stderr, so that stdout stays for people; readable lines when stderr is a terminal. */
export function openLog(level: string): Log {
  const form = { level, serializers: { err: (error: unknown) => placeOf(error) } };
  if (process.stderr.isTTY) {
    return pino({ ...form, transport: { target: 'pino-pretty', options: { destination: 2, ignore: 'pid,hostname' } } });
  }
  return pino(form, pino.destination({ fd: 2, sync: true }));
}

/**
 * What an error was and where it came from. Its text is left out: texts of Node and of libraries quote what they were given,
 * which is words, addresses with tokens, and names of files.
 */
export function placeOf(error: unknown, depth = 0): object {
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
    ...(hasCause ? { cause: placeOf(error.cause, depth + 1) } : {}),
  };
}

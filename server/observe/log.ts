import { pino } from 'pino';
import type { Log } from '../ports/log.ts';

/** JSON lines on stderr, so that stdout stays for people; readable lines when stderr is a terminal. */
export function openLog(level: string): Log {
  if (process.stderr.isTTY) {
    return pino({ level, transport: { target: 'pino-pretty', options: { destination: 2, ignore: 'pid,hostname' } } });
  }
  return pino({ level }, pino.destination({ fd: 2, sync: true }));
}

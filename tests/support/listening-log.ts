import type { Log } from '../../server/ports/log.ts';

/** A log whose lines can be read: level, text and fields. */
export function listeningLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const line =
    (level: string) =>
    (fields: object, text: string): void =>
      void lines.push(`${level} ${text} ${JSON.stringify(fields)}`);
  return { lines, log: { debug: () => {}, info: line('info'), warn: line('warn'), error: line('error') } };
}

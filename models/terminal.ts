import { toPrintableLines } from '../protocol/index.ts';

/**
 * The only module of the commands of models and server that writes to the terminal: URLs, key names and labels may
 * contain escape sequences, which are removed here.
 */

export function printLine(text: string): void {
  process.stdout.write(`${toPrintableLines(text)}\n`);
}

/** Writes problems and remarks to standard error. */
export function printError(text: string): void {
  process.stderr.write(`${toPrintableLines(text)}\n`);
}

import { toPrintableLines } from '../protocol/index.ts';

/**
 * The only module of the models' and the server's commands that writes to the terminal: addresses, names of keys and
 * labels may hold escape sequences, and nothing of them gets through here.
 */

export function printLine(text: string): void {
  process.stdout.write(`${toPrintableLines(text)}\n`);
}

/** On standard error: problems and remarks. */
export function printError(text: string): void {
  process.stderr.write(`${toPrintableLines(text)}\n`);
}

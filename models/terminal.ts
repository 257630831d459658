import { printableLines } from '../protocol/index.ts';

/**
 * The only module of the models' and the server's commands that writes to the terminal: addresses, names of keys and
 * labels may hold escape sequences, and nothing of them gets through here.
 */

export function printLine(text: string): void {
  process.stdout.write(`${printableLines(text)}\n`);
}

/** On standard error: problems and remarks. */
export function printProblem(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}

import { toPrintableLines } from '../../../protocol/printable.ts';
import type { Output } from './printer.ts';

/**
 * The only module of the command line that writes to the terminal. What servers, files and other programs say may hold
 * escape sequences that retitle, clear or answer for a terminal; nothing of them gets through here.
 */

/** Text on standard output, as it is but for what is not printable. */
export function printText(text: string): void {
  process.stdout.write(toPrintableLines(text));
}

export function printLine(text: string): void {
  printText(`${text}\n`);
}

/** A message for people, on standard error. Further lines are indented, so that none passes for a message of ours. */
export function printMessage(text: string): void {
  process.stderr.write(`sotto: ${toPrintableLines(text).replaceAll('\n', '\n  ')}\n`);
}

/** A remark on standard error, without our name before it. */
export function printNote(text: string): void {
  process.stderr.write(`${toPrintableLines(text)}\n`);
}

/** Standard output for the printer, which moves the cursor and makes its texts printable itself. */
export function openScreen(): Output {
  const { stdout } = process;
  // Whoever reads our output may have gone (`| head`); that ends the run, not with a stack.
  stdout.on('error', () => process.exit(0));
  return {
    write: (text) => void stdout.write(text),
    isTTY: stdout.isTTY === true,
    columns: stdout.columns ?? 80,
  };
}

/** Where a progress bar of numbers is drawn; undefined when standard error is no terminal. */
export function openProgressStream(): NodeJS.WriteStream | undefined {
  return process.stderr.isTTY ? process.stderr : undefined;
}

/** Commander quotes arguments in its messages. */
export const commanderOutput = {
  writeOut: (text: string): void => printText(text),
  writeErr: (text: string): void => void process.stderr.write(toPrintableLines(text)),
};

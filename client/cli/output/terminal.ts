import { toPrintableLines } from '../../../protocol/printable.ts';
import type { Output } from './printer.ts';

/**
 * The only module of the command line that writes to the terminal. Text from servers, files and other programs may contain escape
 * sequences that retitle or clear a terminal or make it send input; none of them passes through here.
 */

/** Writes text to standard output, with what is not printable removed. */
export function printText(text: string): void {
  process.stdout.write(toPrintableLines(text));
}

export function printLine(text: string): void {
  printText(`${text}\n`);
}

/** Writes a message to standard error. Further lines are indented, so that no text from elsewhere looks like a message of its own. */
export function printMessage(text: string): void {
  process.stderr.write(`sotto: ${toPrintableLines(text).replaceAll('\n', '\n  ')}\n`);
}

/** Writes a note to standard error, without the program's name before it. */
export function printNote(text: string): void {
  process.stderr.write(`${toPrintableLines(text)}\n`);
}

/** Opens standard output for the printer, which moves the cursor and makes its texts printable itself. */
export function openScreen(): Output {
  const { stdout } = process;
  // The reader of our output may be gone, as with `| head`: exit without a stack trace.
  stdout.on('error', () => process.exit(0));
  return {
    write: (text) => void stdout.write(text),
    isTTY: stdout.isTTY === true,
    columns: stdout.columns ?? 80,
  };
}

/** Where to draw a progress bar; undefined when standard error is no terminal. */
export function openProgressStream(): NodeJS.WriteStream | undefined {
  return process.stderr.isTTY ? process.stderr : undefined;
}

/** Output of commander, whose messages quote arguments. */
export const commanderOutput = {
  writeOut: (text: string): void => printText(text),
  writeErr: (text: string): void => void process.stderr.write(toPrintableLines(text)),
};

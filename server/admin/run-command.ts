import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import { printError } from '../../models/terminal.ts';
import { resolveDataFolder } from '../config/folders.ts';
import { loadConfig } from '../config/load.ts';

/** A number above 0, as an option of a command. */
export function parsePositive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** The data folder that a command works on: the one named with `--data`, or that of the server. */
export function resolveCommandFolder(command: Command, environment: NodeJS.ProcessEnv): string {
  const { data } = command.opts<{ data?: string }>();
  const { config } = loadConfig(data === undefined ? [] : ['--data', data], environment);
  return resolveDataFolder(config, environment);
}

/** Runs a command of the server's side; the exit status. What is wrong is one line for people. */
export function runCommand(program: Command, args: readonly string[]): number {
  try {
    program.parse([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 64;
    printError(`sotto: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

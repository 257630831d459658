import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import { printError } from '../../models/terminal.ts';
import { resolveDataFolder } from '../config/folders.ts';
import { loadConfig } from '../config/load.ts';

/** Parses an option's value that must be a number above 0. */
export function parsePositive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** Resolves the data folder that a command works on: `--data`, or else the server's. */
export function resolveCommandFolder(command: Command, environment: NodeJS.ProcessEnv): string {
  const { data } = command.opts<{ data?: string }>();
  const { config } = loadConfig(data === undefined ? [] : ['--data', data], environment);
  return resolveDataFolder(config, environment);
}

/** Runs an administrator's command and returns the exit status. A problem is printed as one line. */
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

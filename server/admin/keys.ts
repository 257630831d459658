import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { printError, printLine } from '../../models/terminal.ts';
import { SCOPES, type Scope } from '../../protocol/index.ts';
import { KeyFile } from '../access/key-file.ts';
import { addKey, revokeKey } from '../access/keys.ts';
import { parsePositive, resolveCommandFolder, runCommand } from './run-command.ts';

interface AddOptions {
  readonly scopes?: readonly Scope[];
  readonly days?: number;
  readonly sessions?: number;
  readonly minutes?: number;
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

/** Parses `--scopes a,b`, `--scopes a b` and any mixture. */
function scopesOf(text: string, before: readonly Scope[] | undefined): readonly Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !(SCOPES as readonly string[]).includes(name));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`${wrong || '(nothing)'} is not a scope; write some of ${SCOPES.join(',')}.`);
  return [...new Set([...(before ?? []), ...(names as Scope[])])];
}

/** Runs `sotto keys …` and returns the exit status. A new key is printed once, to stdout; messages go to stderr. */
export function runKeys(args: readonly string[], environment: NodeJS.ProcessEnv): number {
  const program = new Command('sotto keys').description('Who may use this server.').exitOverride();
  program.option('--data <folder>', 'data folder of the server');
  const file = (): KeyFile => new KeyFile(resolveCommandFolder(program, environment));
  program
    .command('add <name>')
    .description('make a key and print it; it is shown this once')
    .addOption(
      new Option(
        '--scopes <scopes...>',
        `what it may do, with commas between: ${SCOPES.join(',')} (default: all but metrics)`,
      ).argParser(scopesOf),
    )
    .option('--days <number>', 'days until it expires', parsePositive)
    .option('--sessions <number>', 'live sessions it may have', whole)
    .option('--minutes <number>', 'minutes of audio a day (UTC)', parsePositive)
    .action((name: string, options: AddOptions) => {
      const { scopes = SCOPES.filter((scope) => scope !== 'metrics'), days, sessions, minutes } = options;
      const wanted = { name, scopes, days, sessionsMax: sessions, minutesPerDay: minutes };
      const { key, text } = addKey(file(), wanted, Date.now());
      printError(`Key ${key.id} (${name}) is stored as a hash in ${file().path}. Keep this; it is not shown again:`);
      printLine(text);
    });
  program
    .command('list')
    .description('every key, without its secret')
    .action(() => {
      for (const key of file().read()?.keys ?? []) {
        const gone = key.expires !== undefined && Date.parse(key.expires) <= Date.now();
        const state = key.revoked !== undefined ? 'revoked' : gone ? 'expired' : 'valid';
        const limits = [
          key.expires === undefined ? '' : `until ${key.expires.slice(0, 16)}`,
          key.sessionsMax === undefined ? '' : `${key.sessionsMax} sessions`,
          key.minutesPerDay === undefined ? '' : `${key.minutesPerDay} minutes a day`,
        ];
        printLine([key.id, state.padEnd(7), key.name, key.scopes.join(','), ...limits].filter(Boolean).join('  '));
      }
    });
  program
    .command('revoke <key>')
    .description('take a key back, by name or id, and the tokens made with it')
    .action((text: string) => {
      const key = revokeKey(file(), text, Date.now());
      printLine(`Key ${key.id} (${key.name}) is revoked; new connections with it are refused from now on.`);
    });
  return runCommand(program, args);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = runKeys(process.argv.slice(2), process.env);

import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { printError, printLine } from '../../models/terminal.ts';
import { RoomName } from '../../protocol/index.ts';
import { ViewerTokenFile } from '../access/viewer-token-file.ts';
import { parsePositive, resolveCommandFolder, runCommand } from './run-command.ts';

interface AddOptions {
  readonly label?: string;
  readonly hours?: number;
}

function roomName(text: string): string {
  if (RoomName.safeParse(text).success) return text;
  throw new InvalidArgumentError('A room is named by up to 64 of a-z, 0-9 and -.');
}

/** Runs `sotto rooms viewers …` and returns the exit status. A new token is printed once, to stdout; messages go to stderr. */
export function runViewers(args: readonly string[], environment: NodeJS.ProcessEnv): number {
  const program = new Command('sotto rooms').description('Where people read along.').exitOverride();
  const viewers = program.command('viewers').description('tokens that let somebody read a room').exitOverride();
  viewers.option('--data <folder>', 'data folder of the server');
  const file = (): ViewerTokenFile => new ViewerTokenFile(resolveCommandFolder(viewers, environment), Date.now);
  viewers
    .command('add')
    .description('make a token for a room and print it; it is shown this once')
    .argument('<room>', 'name of the room', roomName)
    .option('--label <text>', 'what it is for')
    .option('--hours <number>', 'hours until it expires', parsePositive)
    .action((room: string, { label, hours: valid }: AddOptions) => {
      const { id, token } = file().add({ room, label, seconds: valid === undefined ? undefined : valid * 3_600 });
      printError(`Token ${id} for ${room} is stored as a hash in ${file().path}. It is not shown again:`);
      printLine(token);
    });
  viewers
    .command('list')
    .description('tokens of a room that are good, without their secrets')
    .argument('<room>', 'name of the room', roomName)
    .action((room: string) => {
      for (const { id, label, created, expires } of file().list(room)) {
        const until = expires === undefined ? '' : `until ${expires.slice(0, 16)}`;
        printLine([id, created.slice(0, 16), until, label].filter(Boolean).join('  '));
      }
    });
  viewers
    .command('revoke')
    .description('take a token back; who watches with it is cut off within seconds')
    .argument('<room>', 'name of the room', roomName)
    .argument('<id>')
    .action((room: string, id: string) => {
      if (file().revoke(room, id) === undefined)
        throw new Error(`${room} has no token ${id}; see \`sotto rooms viewers list ${room}\``);
      printLine(`Token ${id} is revoked.`);
    });
  return runCommand(program, args);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = runViewers(process.argv.slice(2), process.env);

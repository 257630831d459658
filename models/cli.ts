import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SingleBar } from 'cli-progress';
import { Command, CommanderError } from 'commander';
import { Fault } from '../protocol/index.ts';
import { readAddress } from './address.ts';
import { cacheFolder, pathOf } from './locate.ts';
import { pullModel } from './pull.ts';
import { MODELS, type ModelEntry } from './registry.ts';
import { verifyFile } from './verify.ts';

/** `sotto models …`; resolves with the exit status. Messages go to stdout, problems to stderr as one line. */
export async function runModels(args: readonly string[]): Promise<number> {
  const program = new Command('sotto models')
    .description('The speech and cleanup models of this machine.')
    .exitOverride();
  program.command('list').description('every model by name').action(list);
  program
    .command('pull <name>')
    .description('fetch a model and check it')
    .option('--mirror <url>', 'fetch from here instead of the publisher', process.env['SOTTO_MIRROR'])
    .action(pull);
  program.command('verify [name]').description('check size and sha256 of what is here').action(verify);
  program.command('rm <name>').description('remove a pulled model').action(remove);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return failures > 0 ? 1 : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    console.error(`sotto: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

let failures = 0;

function list(): void {
  for (const model of MODELS) {
    const here = model.embedded ? 'embedded' : existsSync(pathOf(model)) ? 'here' : '';
    const languages = model.languages === 'all' ? '99 languages' : model.languages.join(', ');
    const size = `${(model.bytes / 1e6).toFixed(0)} MB`;
    console.log(
      [model.name.padEnd(24), size.padStart(8), languages.padEnd(13), model.licence.padEnd(11), here]
        .join('  ')
        .trimEnd(),
    );
  }
}

async function pull(name: string, options: { mirror?: string }): Promise<void> {
  const model = wanted(name);
  const path = pathOf(model);
  if (existsSync(path) && (await verifyFile(path, model)).ok) {
    console.log(`${model.name} is here already: ${path}`);
    return;
  }
  if (model.embedded)
    throw new Fault('model.corrupt', {
      model: model.name,
      problem: 'it ships with the project; restore it from there',
    });
  const bar = process.stderr.isTTY
    ? new SingleBar({ format: `${model.name} {bar} {percentage}% {value}/{total} MB {eta_formatted}` })
    : undefined;
  const mb = (bytes: number): number => Math.round(bytes / 1e5) / 10;
  bar?.start(mb(model.bytes), 0);
  let told = 0;
  try {
    await pullModel(model, path, {
      mirror: options.mirror,
      progress: (bytes, total) => {
        bar?.update(mb(bytes));
        if (bar !== undefined || bytes - told < total / 10) return;
        told = bytes;
        console.log(`${model.name}: ${mb(bytes)} of ${mb(total)} MB`);
      },
    });
  } finally {
    bar?.stop();
  }
  console.log(`${model.name} is ready: ${path}`);
}

async function verify(name?: string): Promise<void> {
  const models = name === undefined ? MODELS.filter((model) => existsSync(pathOf(model))) : [wanted(name)];
  for (const model of models) {
    const verdict = await verifyFile(pathOf(model), model);
    if (!verdict.ok) failures++;
    console.log(`${model.name}: ${verdict.ok ? 'ok' : verdict.problem}`);
  }
}

async function remove(name: string): Promise<void> {
  const model = wanted(name);
  if (model.embedded)
    throw new Fault('model.unknown', { model: name, want: 'it ships with the project and is not removed' });
  if (!existsSync(pathOf(model))) throw new Fault('model.absent', { model: name, path: pathOf(model) });
  await rm(pathOf(model));
  await rm(`${pathOf(model)}.part`, { force: true });
  console.log(`${model.name} is removed.`);
}

function wanted(name: string): ModelEntry {
  const address = readAddress(name);
  if (address.kind === 'known') return address.model;
  const want = 'run `sotto models list` for the names';
  if (address.kind !== 'url') throw new Fault('model.unknown', { model: name, want });
  throw new Fault('model.unknown', {
    model: name,
    want: `a file from a URL has no known hash; fetch it to ${join(cacheFolder(), address.file)} yourself and give its path`,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await runModels(process.argv.slice(2));

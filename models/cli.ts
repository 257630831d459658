import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { Fault } from '../protocol/index.ts';
import { type ModelAddress, parseModelAddress } from './address.ts';
import { detectModelKind, fetchModel, listFetchedModels, readFetchNote, removeFetched } from './fetched.ts';
import { checkModelHeader, getCacheFolder, getModelPath } from './locate.ts';
import { showProgress } from './progress.ts';
import { pullModel } from './pull.ts';
import { MODELS, type ModelEntry } from './registry.ts';
import { printError, printLine } from './terminal.ts';
import { hashFile, verifyFile } from './verify.ts';

/** Runs `sotto models …`; resolves with the exit status. Messages go to stdout, problems to stderr as one line. */
export async function runModels(args: readonly string[]): Promise<number> {
  const program = new Command('sotto models')
    .description('The speech and cleanup models of this machine.')
    .exitOverride();
  program.command('list').description('every model by name').action(list);
  program
    .command('pull <model>')
    .description('fetch a model by name or URL and check it')
    .option('--mirror <url>', 'fetch from here instead of the publisher', process.env['SOTTO_MIRROR'])
    .action(pull);
  program.command('verify [model]').description('check size and sha256 of what is here').action(verify);
  program.command('rm <model>').description('remove a pulled model').action(remove);
  failures = 0;
  try {
    await program.parseAsync([...args], { from: 'user' });
    return failures > 0 ? 1 : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    printError(`sotto: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

let failures = 0;

function list(): void {
  for (const model of MODELS) {
    const here = model.embedded ? 'embedded' : existsSync(getModelPath(model)) ? 'here' : '';
    const languages = model.languages === 'all' ? '99 languages' : model.languages.join(', ');
    printLine(
      [
        model.name.padEnd(24),
        formatMegabytes(model.bytes).padStart(8),
        languages.padEnd(13),
        model.licence.padEnd(11),
        here,
      ]
        .join('  ')
        .trimEnd(),
    );
  }
  for (const { url, bytes } of listFetchedModels()) printLine(`${url}  ${formatMegabytes(bytes)}  here`);
}

const formatMegabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

async function pull(text: string, options: { mirror?: string }): Promise<void> {
  const address = parseModelAddress(text);
  if (address.kind === 'url') return pullUrl(address);
  const model = requireKnown(address, text, 'a path is a file that is here already; give the path to --model');
  const path = getModelPath(model);
  if (existsSync(path) && (await verifyFile(path, model)).ok) {
    printLine(`${model.name} is here already: ${path}`);
    return;
  }
  if (model.embedded)
    throw new Fault('model.corrupt', {
      model: model.name,
      problem: 'it ships with the project; restore it from there',
    });
  using progress = showProgress(model.name);
  await pullModel(model, path, { mirror: options.mirror, progress: progress.update });
  progress[Symbol.dispose]();
  printLine(`${model.name} is ready: ${path}`);
}

async function pullUrl(address: Extract<ModelAddress, { kind: 'url' }>): Promise<void> {
  const path = join(getCacheFolder(), address.file);
  if (existsSync(path)) {
    printLine(`${address.shown} is here already: ${path}`);
    return;
  }
  using progress = showProgress(address.file);
  const { bytes, sha256 } = await fetchModel(address, { progress: progress.update });
  progress[Symbol.dispose]();
  printLine(`${address.shown} is ready: ${path}`);
  printLine(`Its publisher gives no hash; it has ${bytes} bytes and sha256 ${sha256}.`);
}

async function verify(text?: string): Promise<void> {
  if (text === undefined) {
    for (const model of MODELS.filter((each) => existsSync(getModelPath(each))))
      await verifyOne(model.name, getModelPath(model), model);
    for (const note of listFetchedModels()) await verifyOne(note.url, join(getCacheFolder(), note.file), note);
    return;
  }
  const address = parseModelAddress(text);
  switch (address.kind) {
    case 'known':
      return verifyOne(address.model.name, getModelPath(address.model), address.model);
    case 'url': {
      const path = join(getCacheFolder(), address.file);
      const note = readFetchNote(address.file);
      return note === undefined ? verifyHeader(address.shown, path) : verifyOne(address.shown, path, note);
    }
    case 'path':
      return verifyHeader(text, address.path);
    case 'unknown':
      requireKnown(address, text, '');
  }
}

async function verifyOne(
  name: string,
  path: string,
  expected: { readonly bytes: number; readonly sha256: string },
): Promise<void> {
  const result = await verifyFile(path, expected);
  if (!result.ok) failures++;
  printLine(`${name}: ${result.ok ? 'ok' : result.problem}`);
}

/** There is nothing to compare with except the header that every such file has. */
async function verifyHeader(name: string, path: string): Promise<void> {
  const { bytes } = checkModelHeader(path, name, detectModelKind(path), undefined);
  printLine(`${name}: has the right header; ${bytes} bytes, sha256 ${await hashFile(path)}`);
}

async function remove(text: string): Promise<void> {
  const address = parseModelAddress(text);
  if (address.kind === 'url') {
    const path = join(getCacheFolder(), address.file);
    if (!existsSync(path)) throw new Fault('model.absent', { model: address.shown, path });
    await removeFetched(address.file);
    printLine(`${address.shown} is removed.`);
    return;
  }
  const model = requireKnown(address, text, 'a file of your own is yours to remove');
  if (model.embedded)
    throw new Fault('model.unknown', { model: text, want: 'it ships with the project and is not removed' });
  if (!existsSync(getModelPath(model))) throw new Fault('model.absent', { model: text, path: getModelPath(model) });
  await rm(getModelPath(model));
  await rm(`${getModelPath(model)}.part`, { force: true });
  printLine(`${model.name} is removed.`);
}

function requireKnown(address: ModelAddress, text: string, hintForPath: string): ModelEntry {
  if (address.kind === 'known') return address.model;
  const expected =
    'run `sotto models list` for the names, or give an http URL of a .bin or .gguf file without a password';
  throw new Fault('model.unknown', {
    model: address.kind === 'unknown' ? address.name : text,
    want: address.kind === 'path' ? hintForPath : expected,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await runModels(process.argv.slice(2));

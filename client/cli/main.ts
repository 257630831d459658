#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { TEXT_FORMS } from '../../transcript/index.ts';
import { createCaptionsCommand } from './captions/command.ts';
import type { DictateOptions } from './dictate/dictate.ts';
import { runDoctor } from './doctor/doctor.ts';
import { describeError } from './output/describe-error.ts';
import { commanderOutput, printMessage } from './output/terminal.ts';
import { runProgram } from './programs/run-program.ts';
import { runMic, runTranscribe, type TranscribeOptions } from './transcribe/transcribe.ts';
import type { RehearOptions } from './transcripts/rehear.ts';
import {
  type ExportOptions,
  type FormOption,
  TranscriptsCli,
  type TranscriptsCliOptions,
} from './transcripts/transcripts.ts';

function readVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  }
}

function parsePace(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0 && value <= 100) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 100.');
}

function parseWhole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

function parseCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 1_000_000) return value;
  throw new InvalidArgumentError('It must be a whole number from 0 to 1000000.');
}

function addCommonOptions(command: Command): Command {
  return command
    .option('--server <url>', 'a running server; without it one is started for this run')
    .addOption(new Option('--key <key>', 'key or token of that server; better in the environment').env('SOTTO_KEY'))
    .option('--config <file>', 'settings of the server that is started; no other file is read')
    .option('--model <name>', 'speech model')
    .option('--language <code>', 'language of the speech, or auto')
    .option('--room <room>', 'others may read along in this room of the server')
    .addOption(new Option('--task <task>', 'translate gives English').choices(['transcribe', 'translate']))
    .addOption(
      new Option('--format <format>', 'what is printed').choices(['text', 'jsonl', 'srt', 'vtt']).default('text'),
    )
    .addOption(new Option('--cleanup <mode>', 'who cleans sentences').choices(['llm', 'openai', 'rules', 'off']))
    .option('--raw', 'finals as spoken, not cleaned', false)
    .option('--vocabulary <words>', 'names and words to expect, with commas between')
    .option('--output <file>', 'write there instead of standard output');
}

const createFormOption = (): Option =>
  new Option('--text <form>', 'as corrected and cleaned, revised but not cleaned, or the first version')
    .choices(TEXT_FORMS)
    .default('cleaned');

const program = new Command('sotto')
  .description('Live transcription on your own machine.')
  .version(readVersion())
  .exitOverride()
  .configureOutput(commanderOutput)
  .enablePositionalOptions();

let status = 0;
program
  .command('serve')
  .description('start the server; `sotto serve --help` lists its options')
  .allowUnknownOption()
  .helpOption(false)
  .argument('[options...]')
  .passThroughOptions()
  .action(async (args: string[]) => {
    status = await runProgram('server/main', args);
  });
addCommonOptions(program.command('transcribe <file>').description('transcribe a file, or standard input with -'))
  .option('--pace <factor>', '1 is real time, 0 as fast as it takes', parsePace, 0)
  .option('--rate <hz>', 'sample rate of raw input', parseWhole, 16_000)
  .addOption(
    new Option('--encoding <encoding>', 'encoding of raw input')
      .choices(['pcm_s16le', 'pcm_f32le', 'mulaw', 'alaw'])
      .default('pcm_s16le'),
  )
  .option('--channels <count>', 'channels of raw input', parseWhole, 1)
  .action((file: string, options: TranscribeOptions) => runTranscribe(file, options));
addCommonOptions(program.command('mic').description('transcribe the microphone until Ctrl-C'))
  .option('--device <name>', 'which microphone')
  .action((options: TranscribeOptions) => runMic(options));
program
  .command('dictate [verb] [id]')
  .description(
    'type what is said into the focused window; without a verb it runs and waits for begin, end, cancel, toggle, undo, again, history, status, stop',
  )
  .option('--server <url>', 'a running server; without it one is started')
  .addOption(new Option('--key <key>', 'key or token of that server; better in the environment').env('SOTTO_KEY'))
  .option('--config <file>', 'settings of the server that is started; no other file is read')
  .option('--model <name>', 'speech model')
  .option('--language <code>', 'language of the speech, or auto')
  .addOption(new Option('--cleanup <mode>', 'who cleans sentences').choices(['llm', 'openai', 'rules', 'off']))
  .option('--raw', 'as spoken, not cleaned', false)
  .addOption(new Option('--mode <mode>', 'when text goes in').choices(['sentence', 'live', 'hold']).default('sentence'))
  .addOption(new Option('--to <place>', 'where text goes').choices(['window', 'clipboard', 'stdout']).default('window'))
  .addOption(new Option('--insert <way>', 'how it goes in').choices(['auto', 'type', 'paste']).default('auto'))
  .option('--enter-ok', '"new line" may press Enter', false)
  .option('--any-window', 'insert wherever the focus is then', false)
  .option('--warm-mic', 'keep the microphone open, so that the first word is whole', false)
  .option('--device <name>', 'which microphone')
  .option('--source <file>', 'a recording instead of the microphone')
  .option(
    '--dictionary <file>',
    'names, replacements and snippets; default dictionary.json in the configuration folder',
  )
  .option('--clean-wait-ms <ms>', 'longest wait for a cleaning; then as spoken', parseCount, 600)
  .option('--restore-ms <ms>', 'from a paste to the clipboard being put back', parseCount, 800)
  .option('--join-seconds <s>', 'for how long a dictation goes on behind the one before', parseCount, 120)
  .option('--keep <sentences>', 'how many inserted sentences the history keeps', parseCount, 500)
  .option('--no-audio', 'keep no sound on disk while somebody speaks')
  .option('--clipboard', 'again: to the clipboard', false)
  .option('--count <sentences>', 'history: how many', parseWhole)
  .action(async (verb: string | undefined, id: string | undefined, options: DictateOptions) => {
    // Loaded on demand: a keyboard shortcut should be quick, and the other commands should not wait for it.
    const { runDictate } = await import('./dictate/dictate.ts');
    status = await runDictate(verb, id, options);
  });
const addServerOptions = (command: Command): Command =>
  command
    .addOption(new Option('--server <url>', 'the running server').default('http://127.0.0.1:8080'))
    .addOption(new Option('--key <key>', 'key or token of that server; better in the environment').env('SOTTO_KEY'));
const transcripts = program
  .command('transcripts')
  .description('list, search, show, export, hear again and delete stored transcripts');
const most = new Option('--limit <count>', 'how many at most').argParser(parseWhole).default(20);
addServerOptions(transcripts.command('list').description('the newest first'))
  .addOption(most)
  .action((options: TranscriptsCliOptions & { limit: number }) => new TranscriptsCli(options).list(options));
addServerOptions(transcripts.command('search <words...>').description('those that have all the words, or a "phrase"'))
  .addOption(most)
  .action((words: string[], options: TranscriptsCliOptions & { limit: number }) =>
    new TranscriptsCli(options).list({ ...options, query: words.join(' ') }),
  );
addServerOptions(transcripts.command('show <id>').description('what was said, with times and names of sentences'))
  .addOption(createFormOption())
  .action((id: string, options: TranscriptsCliOptions & FormOption) => new TranscriptsCli(options).show(id, options));
addServerOptions(transcripts.command('export <id>').description('as a file, on standard output'))
  .addOption(
    new Option('--format <format>', 'which').choices(['md', 'html', 'txt', 'srt', 'vtt', 'json']).default('md'),
  )
  .addOption(createFormOption())
  .option('--output <file>', 'write there instead')
  .action((id: string, options: TranscriptsCliOptions & ExportOptions) =>
    new TranscriptsCli(options).export(id, options),
  );
addServerOptions(
  transcripts.command('summary <id>').description('let the language model of the server summarise it'),
).action((id: string, options: TranscriptsCliOptions) => new TranscriptsCli(options).summarise(id));
addServerOptions(
  transcripts
    .command('rehear <id>')
    .description('hear it again from its kept audio, for better words; Ctrl-C stops that'),
)
  .option('--model <name>', 'speech model of the server; default: what it hears live sentences again with')
  .action((id: string, options: TranscriptsCliOptions & RehearOptions) =>
    new TranscriptsCli(options).rehear(id, options),
  );
addServerOptions(transcripts.command('delete <ids...>').description('delete for good')).action(
  (ids: string[], options: TranscriptsCliOptions) => new TranscriptsCli(options).delete(ids),
);
createCaptionsCommand(program.command('captions'), (ended) => {
  status = ended;
});
program
  .command('models')
  .description('list, pull, verify and rm models')
  .allowUnknownOption()
  .helpOption(false)
  .argument('[arguments...]')
  .passThroughOptions()
  .action(async (args: string[]) => {
    status = await runProgram('models/cli', args);
  });
program
  .command('keys')
  .description('add, list and revoke keys of the server')
  .allowUnknownOption()
  .helpOption(false)
  .argument('[arguments...]')
  .passThroughOptions()
  .action(async (args: string[]) => {
    status = await runProgram('server/admin/keys', args);
  });
program
  .command('rooms')
  .description('add, list and revoke tokens of those who read along')
  .allowUnknownOption()
  .helpOption(false)
  .argument('[arguments...]')
  .passThroughOptions()
  .action(async (args: string[]) => {
    status = await runProgram('server/admin/viewers', args);
  });
program
  .command('config')
  .description('every setting of the server and where it comes from')
  .allowUnknownOption()
  .argument('[options...]')
  .passThroughOptions()
  .action(async (args: string[]) => {
    status = await runProgram('server/main', ['--show', ...args]);
  });
program
  .command('doctor')
  .description('check what this machine has and say what to do')
  .option('--port <port>', 'port to look at', parseWhole, 8_080)
  .action(async ({ port }: { port: number }) => {
    status = await runDoctor(port);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) status = error.exitCode === 0 ? 0 : 64;
  else {
    printMessage(describeError(error));
    status = 1;
  }
}
process.exit(status);

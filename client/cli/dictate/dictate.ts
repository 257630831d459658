import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openMicrophone } from '../audio/microphone.ts';
import { openSource } from '../audio/source.ts';
import { printLine, printMessage, printNote, printText } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';
import { startLocalServer } from '../programs/local-server.ts';
import { buildServerArgs, parseServerUrl } from '../transcribe/transcribe.ts';
import { OnDemandInput, type OpenSource, WarmInput } from './audio-input.ts';
import { chooseInserter, type OutputTarget } from './choose-inserter.ts';
import { askInstance, openControlSocket, resolveControlPath } from './control.ts';
import { toVocabulary } from './core/dictionary.ts';
import type { DictationMode } from './core/plan.ts';
import { describeReady, VERBS, type Verb } from './core/verbs.ts';
import { DictionaryFile } from './dictionary-file.ts';
import { detectEnvironment, type Environment } from './environment.ts';
import { HistoryFile, readHistory } from './history-file.ts';
import { Instance, type InstanceParts, renderHistory } from './instance.ts';
import { Notifier } from './notify.ts';
import { paceInRealTime } from './real-time.ts';
import { recoverRecordings } from './recover.ts';
import { SystemRunner } from './runner.ts';
import { SpareSession, type SpareSessionOptions } from './spare-session.ts';

export interface DictateOptions {
  readonly server?: string;
  readonly key?: string;
  readonly config?: string;
  readonly model?: string;
  readonly language?: string;
  readonly cleanup?: 'llm' | 'openai' | 'rules' | 'off';
  readonly raw: boolean;
  readonly mode: DictationMode;
  readonly to: OutputTarget;
  readonly insert: 'auto' | 'type' | 'paste';
  readonly enterOk: boolean;
  readonly anyWindow: boolean;
  readonly warmMic: boolean;
  readonly device?: string;
  readonly source?: string;
  readonly dictionary?: string;
  readonly cleanWaitMs: number;
  readonly restoreMs: number;
  readonly joinSeconds: number;
  readonly keep: number;
  readonly audio: boolean;
  readonly clipboard: boolean;
  readonly count?: number;
}

const MICROPHONE = { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 1 } as const;
const TAIL_MS = 200;

/** `sotto dictate`: without a verb, runs the instance; with one, sends it to the running instance. Resolves with the exit status. */
export async function runDictate(
  verb: string | undefined,
  id: string | undefined,
  options: DictateOptions,
): Promise<number> {
  const environment = detectEnvironment();
  if (verb === undefined) {
    await runInstance(options, environment);
    return 0;
  }
  if (!VERBS.includes(verb as Verb))
    throw new UserError(`${verb} is not something dictate can do; there are ${VERBS.join(', ')}.`);
  return sendVerb(verb as Verb, id, options, environment);
}

async function sendVerb(
  verb: Verb,
  id: string | undefined,
  { clipboard, count }: DictateOptions,
  { runtimeFolder, dataFolder }: Environment,
): Promise<number> {
  if (verb === 'history') {
    // The history is a file, so no running instance is needed.
    printLine(renderHistory(readHistory(historyPath(dataFolder)), count ?? 20));
    return 0;
  }
  const answer = await askInstance(resolveControlPath(runtimeFolder), {
    verb,
    ...(id === undefined ? {} : { id }),
    ...(clipboard ? { clipboard } : {}),
  });
  if (answer.ok) printLine(answer.text);
  else printNote(answer.text);
  return answer.ok ? 0 : 1;
}

const historyPath = (dataFolder: string): string => join(dataFolder, 'dictation.jsonl');

async function runInstance(options: DictateOptions, environment: Environment): Promise<void> {
  const runner = new SystemRunner();
  const notifier = new Notifier(runner, printMessage);
  const inserter = chooseInserter({
    ...{ target: options.to, environment, runner },
    settings: { enter: options.enterOk ? 'ok' : 'never', way: options.insert, restoreMs: options.restoreMs },
    write: printText,
  });
  const { dictionary: named } = options;
  const dictionary = new DictionaryFile(
    named ?? join(environment.configFolder, 'dictionary.json'),
    named === undefined ? 'by default' : 'by user',
  );
  dictionary.read();
  const closers: (() => unknown)[] = [() => inserter.close()];
  let stop!: () => void;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  process.once('SIGTERM', stop);
  process.on('SIGINT', stopOnInterrupt(stop));
  try {
    let opened!: (instance: Instance) => void;
    const instance = new Promise<Instance>((resolve) => {
      opened = resolve;
    });
    // Opened first, so that a second instance ends before it has started a server.
    const control = await openControlSocket(resolveControlPath(environment.runtimeFolder), async (request) =>
      (await instance).answer(request),
    );
    closers.push(() => control.close());
    const history = new HistoryFile(historyPath(environment.dataFolder), options.keep);
    closers.push(() => history.close());
    const parts = { inserter, history, dictionary, stopped: stop };
    const open = openInstance(options, {
      parts,
      notifier,
      closers,
      folder: join(environment.dataFolder, 'dictation'),
    });
    const running = await Promise.race([open, stopped]);
    if (running === undefined) return;
    opened(running);
    readTerminal(running, (text) => notifier.line(text));
    await stopped;
    await running.close();
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

interface Opening {
  readonly parts: Pick<InstanceParts, 'inserter' | 'history' | 'dictionary' | 'stopped'>;
  readonly notifier: Notifier;
  /** What to close at the end, in reverse order. */
  readonly closers: (() => unknown)[];
  /** Folder for recordings. */
  readonly folder: string;
}

async function openInstance(options: DictateOptions, { parts, notifier, closers, folder }: Opening): Promise<Instance> {
  const notify = (text: string): void => notifier.notify(text);
  const print = (text: string): void => notifier.line(text);
  const server = options.server === undefined ? await startLocalServer(buildServerArgs(options)) : undefined;
  closers.push(() => server?.[Symbol.asyncDispose]());
  const url = server?.url ?? parseServerUrl(options.server!);
  const { dictionary, history, inserter } = parts;
  const sessionOptions = (): SpareSessionOptions => buildSessionOptions(options, url, toVocabulary(dictionary.last));
  const spareSession = new SpareSession(sessionOptions, print);
  const openAudioInput = selectSource(options);
  const audioInput = options.warmMic ? new WarmInput(openAudioInput, notify) : new OnDemandInput(openAudioInput);
  closers.push(() => {
    audioInput.close();
    spareSession.close();
  });
  const format = options.source === undefined ? MICROPHONE : (await openSource(options.source, MICROPHONE)).format;
  await spareSession.prepare({ ...format, channelMode: 'mix' });
  await recoverAudio(folder, { history, notify, options: sessionOptions() });
  print(describeReady(options.mode, options.to, inserter.name));
  return new Instance({
    ...parts,
    ...{ spareSession, audioInput, notify, print, server: url },
    settings: {
      mode: options.mode,
      cleanWaitMs: options.raw || options.cleanup === 'off' ? 0 : options.cleanWaitMs,
      language: options.language ?? 'en',
      enter: options.enterOk ? 'ok' : 'never',
      windows: options.anyWindow ? 'any' : 'same',
      revise: options.mode === 'live' ? 'never' : 'may',
      joinMs: options.joinSeconds * 1_000,
      tailMs: options.source === undefined ? TAIL_MS : 0,
      recordings: options.audio ? folder : undefined,
    },
  });
}

/** Transcribes what a crashed instance left behind, and tells the user what was not inserted yet. */
async function recoverAudio(
  folder: string,
  { history, notify, options }: { history: HistoryFile; notify: (text: string) => void; options: SpareSessionOptions },
): Promise<void> {
  try {
    await recoverRecordings(folder, history, options, (path) => openSource(path, MICROPHONE));
  } catch (error) {
    notify(`What was said before a crash cannot be heard again yet: ${error instanceof Error ? error.message : error}`);
  }
  const waiting = history.items.filter(({ state }) => state === 'waiting').length;
  if (waiting === 0) return;
  notify(`${waiting} sentence${waiting === 1 ? ' was' : 's were'} said and not inserted; sotto dictate again inserts.`);
}

function buildSessionOptions(options: DictateOptions, url: string, vocabulary: readonly string[]): SpareSessionOptions {
  const own = options.server !== undefined;
  return {
    url,
    ...(own && options.key !== undefined ? { credential: options.key } : {}),
    ...(own && options.model !== undefined ? { model: options.model } : {}),
    ...(options.language === undefined ? {} : { language: options.language }),
    ...(vocabulary.length === 0 ? {} : { vocabulary: [...vocabulary] }),
    partials: { mode: 'stable' },
    // Text that is in a window cannot be revised.
    revise: false,
    cleanup: { mode: options.raw ? 'off' : (options.cleanup ?? 'default') },
  };
}

function selectSource({ source, device }: DictateOptions): OpenSource {
  if (source === undefined) return async (signal) => openMicrophone(device, signal);
  return async (signal) => paceInRealTime(await openSource(source, MICROPHONE), signal);
}

/** Lets Enter in the terminal begin and end a dictation, for users without a keyboard shortcut. */
function readTerminal(instance: Instance, print: (text: string) => void): void {
  if (!process.stdin.isTTY) return;
  print('Enter begins and ends; Ctrl-C stops.');
  createInterface({ input: process.stdin }).on('line', () => {
    void instance.answer({ verb: 'toggle' }).then(
      ({ text }) => print(text),
      (error) => print(error instanceof Error ? error.message : String(error)),
    );
  });
}

/** Ctrl-C waits for the last words; a second one exits at once. */
function stopOnInterrupt(first: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) process.exit(130);
    asked = true;
    first();
  };
}

import { toPrintable } from '../../../protocol/printable.ts';
import type { AudioInput } from './audio-input.ts';
import { isPending, selectForReinsertion } from './core/history.ts';
import { selectLanguage } from './core/language.ts';
import { chooseForm, type DictationMode } from './core/plan.ts';
import { SpokenReader } from './core/spoken.ts';
import { type DictationPhase, describeStatus, type InstanceAnswer, type InstanceRequest } from './core/verbs.ts';
import { Dictation } from './dictation.ts';
import type { DictionaryFile } from './dictionary-file.ts';
import type { HistoryFile } from './history-file.ts';
import type { Inserter } from './inserter.ts';
import { Recording } from './recording.ts';
import type { SpareSession } from './spare-session.ts';
import { TextInserter, type TextInserterSettings } from './text-inserter.ts';

export interface InstanceSettings extends TextInserterSettings {
  readonly mode: DictationMode;
  readonly cleanWaitMs: number;
  /** Audio captured after the end was requested, ms: the key is often released before the last word ends. */
  readonly tailMs: number;
  /** Folder for recordings; undefined saves none. */
  readonly recordings: string | undefined;
}

export interface InstanceParts {
  readonly settings: InstanceSettings;
  readonly server: string;
  readonly spareSession: SpareSession;
  readonly audioInput: AudioInput;
  readonly inserter: Inserter;
  readonly history: HistoryFile;
  readonly dictionary: DictionaryFile;
  readonly notify: (text: string) => void;
  readonly print: (text: string) => void;
  /** Called when the verb `stop` arrives. */
  readonly stopped: () => void;
}

const HISTORY_SHOWN = 20;

/** The running instance: answers verbs and runs one dictation at a time. */
export class Instance {
  readonly #parts: InstanceParts;
  readonly #textInserter: TextInserter;
  #dictation: Dictation | undefined;
  /** Resolves when the newest dictation is over. */
  #last: Promise<void> = Promise.resolve();
  #phase: DictationPhase = 'idle';
  #started = 0;
  /** Set while `begin` is still checking the focus: a second one must wait. */
  #beginning: Promise<InstanceAnswer> | undefined;

  constructor(parts: InstanceParts) {
    this.#parts = parts;
    const { inserter, settings, history, notify } = parts;
    this.#textInserter = new TextInserter({
      inserter,
      settings,
      notify,
      record: (ids, state) => {
        for (const id of ids) history.write({ kind: 'state', id, state });
      },
    });
  }

  get phase(): DictationPhase {
    return this.#phase;
  }

  async answer(request: InstanceRequest): Promise<InstanceAnswer> {
    switch (request.verb) {
      case 'begin':
        return this.#begin();
      case 'end':
        return this.#end();
      case 'toggle':
        return this.#phase === 'listening' || this.#beginning !== undefined ? this.#end() : this.#begin();
      case 'cancel':
        return this.#cancel();
      case 'undo':
        return succeed(await this.#textInserter.undo());
      case 'again':
        return this.#again(request);
      case 'status':
        return this.#status();
      case 'history':
        return succeed(renderHistory(this.#parts.history.items, request.count ?? HISTORY_SHOWN));
      case 'stop':
        this.#parts.stopped();
        return succeed('It stops when what was said is inserted.');
    }
  }

  /** Ends the current dictation and waits until its text is inserted. */
  async close(): Promise<void> {
    if (this.#phase === 'listening') this.#dictation?.end();
    await this.#last;
    await this.#textInserter.idle();
  }

  #begin(): Promise<InstanceAnswer> {
    if (this.#phase === 'listening') return Promise.resolve(fail('It listens already.'));
    this.#beginning ??= this.#startDictation().finally(() => {
      this.#beginning = undefined;
    });
    return this.#beginning;
  }

  async #startDictation(): Promise<InstanceAnswer> {
    const { settings, spareSession, audioInput, inserter, history, notify, print } = this.#parts;
    this.#refresh();
    // Audio first: the rest takes time, and people speak already.
    const listening = await audioInput.capture();
    try {
      const [target, session] = await Promise.all([
        this.#textInserter.findTarget(),
        spareSession.take(listening.format),
      ]);
      const id = `d${Date.now().toString(36)}${(this.#started++).toString(36)}`;
      const recording = this.#openRecording(id, listening.format);
      const after = this.#last;
      const dictation = new Dictation({
        ...{ listening, session, target, textInserter: this.#textInserter, history, recording, notify, after },
        print,
        plan: {
          dictation: id,
          mode: settings.mode,
          cleanWaitMs: settings.cleanWaitMs,
          language: settings.language,
          reader: (language) => this.#reader(language),
        },
      });
      this.#dictation = dictation;
      this.#phase = 'listening';
      this.#last = dictation.over.then(() => {
        if (this.#dictation === dictation) {
          this.#phase = 'idle';
          inserter.end?.();
          void spareSession.prepare(listening.format);
        }
      });
      return succeed(target.clipboardReason ?? 'Listening.');
    } catch (error) {
      listening.stop();
      throw error;
    }
  }

  async #end(): Promise<InstanceAnswer> {
    if (this.#beginning !== undefined) await this.#beginning.catch(() => {});
    const dictation = this.#dictation;
    if (this.#phase !== 'listening' || dictation === undefined) return fail('It does not listen.');
    this.#phase = 'finishing';
    await new Promise((resolve) => setTimeout(resolve, this.#parts.settings.tailMs));
    dictation.end();
    await dictation.over;
    return succeed(`${dictation.sentences} sentence${dictation.sentences === 1 ? '' : 's'}.`);
  }

  async #cancel(): Promise<InstanceAnswer> {
    await this.#beginning?.catch(() => {});
    if (this.#phase === 'idle' || this.#dictation === undefined) return fail('There is nothing to cancel.');
    const dictation = this.#dictation;
    dictation.cancel();
    await dictation.over;
    return succeed('Cancelled; what was inserted before stays (undo takes it back).');
  }

  async #again({ id, clipboard }: InstanceRequest): Promise<InstanceAnswer> {
    const items = selectForReinsertion(this.#parts.history.items, id);
    if (items.length === 0)
      return fail(id === undefined ? 'The history is empty.' : `There is no ${id} in the history.`);
    const target = await this.#textInserter.findTarget();
    if (clipboard === true) target.clipboardReason = 'asked for';
    const reader = this.#reader(this.#parts.settings.language);
    const never = new AbortController().signal;
    for (const item of items) {
      const { pieces } = chooseForm(reader, item.raw, item.text === item.raw ? undefined : item.text);
      const sentence = `${item.id} again ${this.#started++}`;
      await this.#textInserter.insert(target, { sentence, pieces, ids: [item.id] }, never);
    }
    const count = `${items.length} sentence${items.length === 1 ? '' : 's'}`;
    const states = this.#parts.history.items.filter((item) => items.some(({ id: each }) => each === item.id));
    if (states.some(({ state }) => state === 'lost')) return fail(`${count} could not be inserted.`);
    return succeed(`${count} ${target.clipboardReason === undefined ? 'inserted' : 'in the clipboard'} again.`);
  }

  #status(): InstanceAnswer {
    const { server, spareSession, inserter, settings, history } = this.#parts;
    const status = {
      ...{
        phase: this.#phase,
        server,
        connection: this.#phase === 'idle' ? spareSession.state : ('in use' as const),
        inserter: inserter.name,
        mode: settings.mode,
      },
      waiting: history.items.filter(({ state }) => isPending(state)).length,
      inserted: this.#textInserter.inserted,
    };
    return { ok: true, text: describeStatus(status), status };
  }

  /** Reads the dictionary again. If that fails, the user is told and the last version stays in force. */
  #refresh(): void {
    try {
      this.#parts.dictionary.read();
    } catch (error) {
      this.#parts.notify(error instanceof Error ? error.message : String(error));
    }
  }

  #reader(language: string): SpokenReader {
    return new SpokenReader(selectLanguage(language), this.#parts.dictionary.last);
  }

  #openRecording(id: string, format: ConstructorParameters<typeof Recording>[2]): Recording | undefined {
    const { recordings } = this.#parts.settings;
    if (recordings === undefined) return undefined;
    try {
      return new Recording(recordings, id, format);
    } catch (error) {
      this.#parts.notify(`The sound is not kept: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }
}

export function renderHistory(
  items: readonly { id: string; at: string; state: string; text: string }[],
  count: number,
): string {
  if (items.length === 0) return 'The history is empty.';
  return items
    .slice(-count)
    .map(
      ({ id, at, state, text }) =>
        `${id}  ${at.slice(0, 19).replace('T', ' ')}  ${state.padEnd(9)}  ${toPrintable(text)}`,
    )
    .join('\n');
}

const succeed = (text: string): InstanceAnswer => ({ ok: true, text });
const fail = (text: string): InstanceAnswer => ({ ok: false, text });

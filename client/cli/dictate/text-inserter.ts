import { toPrintable, toPrintableLines } from '../../../protocol/printable.ts';
import { type Edit, Field, type FieldEntry, type FieldSettings } from './core/field.ts';
import type { ItemState } from './core/history.ts';
import { type CommandLanguage, selectLanguage } from './core/language.ts';
import { isPossibleTerminal, type Window } from './core/window.ts';
import type { Inserter } from './inserter.ts';

export interface TextInserterSettings {
  /** `ok` keeps line breaks in terminals, too, and presses Enter for them where text is typed. */
  readonly enter: 'never' | 'ok';
  /** `any` inserts into whichever window has the focus, `same` only into the one in which the dictation began. */
  readonly windows: 'same' | 'any';
  /** Whether inserted text may be changed to fit what follows. */
  readonly revise: 'may' | 'never';
  /** How long a dictation continues the text of the previous one in the same window, ms. */
  readonly joinMs: number;
  readonly language: string;
}

export interface TextInserterParts {
  readonly inserter: Inserter;
  readonly settings: TextInserterSettings;
  /** Records the state of sentences in the history. */
  readonly record: (ids: readonly string[], state: ItemState) => void;
  /** Notifies the user. */
  readonly notify: (text: string) => void;
}

/** Where the text of one dictation goes. */
export interface InsertionTarget {
  readonly window: Window | undefined;
  /** Why text goes to the clipboard from now on; undefined while it goes into the window. */
  clipboardReason: string | undefined;
  /** The text collected in the clipboard. */
  readonly clipboardField: Field;
}

/** Text to insert, and the sentences that are complete with it. */
export interface InsertionTask extends FieldEntry {
  readonly ids: readonly string[];
}

/** Carries out the output of plans, one entry after the other, in the window in which the dictation began and in no other. */
export class TextInserter {
  readonly #parts: TextInserterParts;
  #field: { window: string; field: Field; language: CommandLanguage } | undefined;
  #touchedMs = Number.NEGATIVE_INFINITY;
  readonly #ids = new Map<string, readonly string[]>();
  #work: Promise<unknown> = Promise.resolve();
  inserted = 0;

  constructor(parts: TextInserterParts) {
    this.#parts = parts;
  }

  /** Determines the target of a dictation that begins now. Never rejects: when there is no window, the text goes to the clipboard. */
  async findTarget(): Promise<InsertionTarget> {
    const { inserter, settings } = this.#parts;
    inserter.begin?.();
    const aside = new Field({ language: selectLanguage(settings.language), newline: 'keep', revise: 'may' });
    if (!inserter.canIdentifyWindow && settings.windows === 'same')
      return {
        window: undefined,
        clipboardField: aside,
        clipboardReason:
          'Nothing here tells which window has the focus, so text goes to the clipboard; --any-window inserts it wherever the focus is.',
      };
    try {
      const window = await this.#findFocus();
      const none = window === undefined && settings.windows === 'same';
      return {
        window,
        clipboardField: aside,
        clipboardReason: none ? 'No window has the focus; text goes to the clipboard.' : undefined,
      };
    } catch (error) {
      return {
        window: undefined,
        clipboardField: aside,
        clipboardReason: `${toMessage(error)} Text goes to the clipboard.`,
      };
    }
  }

  /** Inserts one entry. Never rejects: failures are reported and recorded. */
  insert(target: InsertionTarget, task: InsertionTask, signal: AbortSignal): Promise<void> {
    return this.#enqueue(async () => {
      if (signal.aborted) return;
      if (target.clipboardReason === undefined) await this.#insertIntoWindow(target, task);
      else await this.#insertIntoClipboard(target, task);
    });
  }

  /** Undoes the last insertion: first back to the spoken words, then entirely. Resolves with what was done. */
  undo(): Promise<string> {
    return this.#enqueue(async () => {
      if (!this.#parts.inserter.canRemove) return 'What was written there cannot be taken back.';
      const place = this.#field;
      const field = place?.field.with(this.#toFieldSettings(place.language, undefined));
      const undone = field?.undo();
      if (place === undefined || field === undefined || undone === undefined) return 'There is nothing to take back.';
      const window = await this.#findFocus();
      if (this.#parts.settings.windows === 'same' && window?.id !== place.window)
        return 'Another window has the focus; nothing was taken back.';
      await this.#applyEdit(undone, window);
      place.field = field;
      if (undone.outcome === 'raw') return 'It stands as spoken now; once more takes it away.';
      this.#record(undone.removed, 'removed');
      return 'It is taken back.';
    });
  }

  /** Resolves when everything that was started is done. */
  async idle(): Promise<void> {
    await this.#work;
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }

  async #insertIntoWindow(target: InsertionTarget, task: InsertionTask): Promise<void> {
    const { settings, notify } = this.#parts;
    try {
      const window = await this.#findFocus();
      if (settings.windows === 'same' && window?.id !== target.window?.id) {
        target.clipboardReason = `Another window has the focus; what is said goes to the clipboard.`;
        notify(target.clipboardReason);
        return await this.#insertIntoClipboard(target, task);
      }
      const place = this.#selectField(window);
      // The model of the field changes only after the text has arrived.
      const field = place.field.with(this.#toFieldSettings(place.language, window));
      const edit = field.place(task);
      await this.#applyEdit(edit, window);
      place.field = field;
      this.#touchedMs = performance.now();
      this.#ids.set(task.sentence, [...new Set([...(this.#ids.get(task.sentence) ?? []), ...task.ids])]);
      this.#record(edit.removed, 'removed');
      if (task.ids.length > 0) this.#parts.record(task.ids, 'inserted');
      this.inserted += task.ids.length;
    } catch (error) {
      await this.#reportFailure(task, error);
    }
  }

  /** The focused window. Failing to find it is no error when any window will do. */
  async #findFocus(): Promise<Window | undefined> {
    const { inserter, settings } = this.#parts;
    if (!inserter.canIdentifyWindow) return undefined;
    return settings.windows === 'any' ? inserter.focus().catch(() => undefined) : inserter.focus();
  }

  async #insertIntoClipboard(target: InsertionTarget, task: InsertionTask): Promise<void> {
    const before = target.clipboardField.content;
    target.clipboardField.place(task);
    if (target.clipboardField.content !== before)
      try {
        await this.#parts.inserter.toClipboard(toPrintableLines(target.clipboardField.content));
      } catch (error) {
        this.#parts.notify(`${toMessage(error)} What was said is in the history: sotto dictate again.`);
        return this.#parts.record(task.ids, 'lost');
      }
    this.#parts.record(task.ids, 'clipboard');
  }

  /** The insertion failed: the text goes to the clipboard, and the history records it as lost. */
  async #reportFailure(task: InsertionTask, error: unknown): Promise<void> {
    const alone = new Field({
      language: selectLanguage(this.#parts.settings.language),
      newline: 'keep',
      revise: 'may',
    });
    alone.place(task);
    this.#parts.record(task.ids, 'lost');
    this.#parts.notify(`${toMessage(error)} It is in the history: sotto dictate again.`);
    await this.#parts.inserter.toClipboard(toPrintableLines(alone.content)).catch(() => {});
  }

  async #applyEdit({ remove, text }: Edit, window: Window | undefined): Promise<void> {
    if (remove > 0) await this.#parts.inserter.removeLast(remove, window);
    if (text === '') return;
    // Plans and dictionaries contain printable text only. This makes sure that no control character is ever typed.
    const keepsLines = this.#parts.settings.enter === 'ok' || !isPossibleTerminal(window?.program);
    await this.#parts.inserter.insert(keepsLines ? toPrintableLines(text) : toPrintable(text), window);
  }

  /** The model of the field in a window; a new one when our text there is too old to continue. */
  #selectField(window: Window | undefined): { window: string; field: Field; language: CommandLanguage } {
    const id = window?.id ?? '';
    const fresh = performance.now() - this.#touchedMs < this.#parts.settings.joinMs;
    if (this.#field !== undefined && fresh && (this.#field.window === id || this.#parts.settings.windows === 'any'))
      return this.#field;
    const language = selectLanguage(this.#parts.settings.language);
    this.#ids.clear();
    this.#field = { window: id, language, field: new Field(this.#toFieldSettings(language, window)) };
    return this.#field;
  }

  #toFieldSettings(language: CommandLanguage, window: Window | undefined): FieldSettings {
    const { enter, revise } = this.#parts.settings;
    return {
      language,
      newline: enter === 'never' && isPossibleTerminal(window?.program) ? 'space' : 'keep',
      revise: this.#parts.inserter.canRemove ? revise : 'never',
    };
  }

  #record(names: readonly string[], state: ItemState): void {
    const ids = names.flatMap((name) => this.#ids.get(name) ?? []);
    if (ids.length > 0) this.#parts.record(ids, state);
  }
}

const toMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));

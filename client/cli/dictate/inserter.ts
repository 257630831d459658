import type { Window } from './core/window.ts';

/** Inserts text into the focused window. One implementation per desktop; failures are `UserError`s of one line. */
export interface Inserter {
  /** Name for `status` and messages. */
  readonly name: string;
  /** Whether inserted text can be removed. */
  readonly canRemove: boolean;
  /** Whether the focused window can be identified. If not, nothing is inserted unless the user allows any window. */
  readonly canIdentifyWindow: boolean;
  /** Called when a dictation begins, and when it is over. */
  begin?(): void;
  end?(): void;
  /** The focused window; undefined when no window has the focus. */
  focus(): Promise<Window | undefined>;
  /** Resolves when the text has arrived, as far as that can be known. Line breaks are pressed as Enter only if the settings allow it. */
  insert(text: string, window: Window | undefined): Promise<void>;
  /** Presses Backspace this many times. */
  removeLast(characters: number, window: Window | undefined): Promise<void>;
  /** Puts text into the clipboard for the user to paste. */
  toClipboard(text: string): Promise<void>;
  close(): Promise<void>;
}

export interface InserterSettings {
  /** Whether line breaks may be pressed as Enter. */
  readonly enter: 'never' | 'ok';
  /** How text is inserted where both are possible; `auto` pastes where the clipboard can be restored. */
  readonly way: 'auto' | 'type' | 'paste';
  /** Delay between a paste and restoring the clipboard, ms. */
  readonly restoreMs: number;
}

/** Most presses of Backspace in one call of another program. */
export const REMOVE_STEP = 200;

import type { Window } from './core/window.ts';

/** Puts text into whatever has the focus. One implementation per desktop; a failure is a `UserError` of one line. */
export interface Inserter {
  /** For `status` and messages. */
  readonly name: string;
  /** Whether text that was inserted can be taken back. */
  readonly removes: boolean;
  /** Whether windows can be told apart here; where not, nothing is inserted unless the user says it may. */
  readonly sees: boolean;
  /** A dictation begins, or is over. */
  begin?(): void;
  end?(): void;
  /** The window with the focus; undefined when none has it. */
  focus(): Promise<Window | undefined>;
  /** Resolves when the text has arrived as far as this can be told. Line breaks in it are never a press of Enter unless told. */
  insert(text: string, window: Window | undefined): Promise<void>;
  /** Presses Backspace so many times. */
  removeLast(characters: number, window: Window | undefined): Promise<void>;
  /** Puts text where the user can paste it. */
  toClipboard(text: string): Promise<void>;
  close(): Promise<void>;
}

export interface InserterSettings {
  /** Line breaks are presses of Enter. */
  readonly enter: 'never' | 'ok';
  /** How text goes in, where both are possible; `auto` pastes where the clipboard can be kept and put back. */
  readonly way: 'auto' | 'type' | 'paste';
  /** From a paste to the moment the clipboard is put back, ms. */
  readonly restoreMs: number;
}

/** Presses of Backspace in one call of another program. */
export const REMOVE_STEP = 200;

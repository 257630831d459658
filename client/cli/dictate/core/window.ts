/** A window that can have the focus. */
export interface Window {
  /** Tells it from every other one. */
  readonly id: string;
  /** The program it belongs to, as the desktop names it; undefined where it does not. */
  readonly program: string | undefined;
}

/** How text gets into a program: by its shortcut for pasting, or key by key. */
export type InsertionMethod = 'paste' | 'paste-terminal' | 'type';

const PASTING_TERMINALS =
  /gnome-terminal|konsole|kitty|alacritty|foot|xfce4-terminal|tilix|terminator|wezterm|ghostty|ptyxis|kgx|console|lxterminal|mate-terminal|guake|yakuake|terminology|contour|rio|qterminal|tabby|hyper/i;
/** Terminals that paste another selection or nothing, and editors in which Ctrl+V is another command. */
const TYPED = /^(u?xterm|koi8rxterm|u?rxvt|rxvt-unicode|st|st-256color|emacs|gvim|nvim-qt|neovide)$/i;
const TYPED_TERMINALS = /xterm|rxvt|^st(-|$)/i;
/** Everything that calls itself a terminal, console or shell, and those that do not. */
const OTHER_TERMINALS =
  /term|tty|console|shell|pwsh|conhost|putty|\bcmd\b|^(u?rxvt|warp|wave|tilda|sakura|blackbox|com\.raggesilver\.blackbox|zutty|havoc)$/i;

export function selectInsertionMethod(program: string | undefined): InsertionMethod {
  if (program === undefined) return 'paste';
  if (TYPED.test(program)) return 'type';
  return PASTING_TERMINALS.test(program) ? 'paste-terminal' : 'paste';
}

/**
 * Whether a line break could run what stands in the line. A program that nobody names may be a terminal, too. Terminals
 * inside other programs, such as editors and browsers, cannot be told.
 */
export const isPossibleTerminal = (program: string | undefined): boolean =>
  program === undefined ||
  PASTING_TERMINALS.test(program) ||
  TYPED_TERMINALS.test(program) ||
  OTHER_TERMINALS.test(program);

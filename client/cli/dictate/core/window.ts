/** A window of the desktop. */
export interface Window {
  /** Unique id. */
  readonly id: string;
  /** Name of its program, if the desktop gives one. */
  readonly program: string | undefined;
}

/** How to insert text into a program: with its shortcut for pasting, or key by key. */
export type InsertionMethod = 'paste' | 'paste-terminal' | 'type';

const PASTING_TERMINALS =
  /gnome-terminal|konsole|kitty|alacritty|foot|xfce4-terminal|tilix|terminator|wezterm|ghostty|ptyxis|kgx|console|lxterminal|mate-terminal|guake|yakuake|terminology|contour|rio|qterminal|tabby|hyper/i;
/** Terminals that paste another selection or nothing, and editors in which Ctrl+V is another command: text is typed there. */
const TYPED = /^(u?xterm|koi8rxterm|u?rxvt|rxvt-unicode|st|st-256color|emacs|gvim|nvim-qt|neovide)$/i;
const TYPED_TERMINALS = /xterm|rxvt|^st(-|$)/i;
/** Everything with a name like a terminal, console or shell, and terminals with other names. */
const OTHER_TERMINALS =
  /term|tty|console|shell|pwsh|conhost|putty|\bcmd\b|^(u?rxvt|warp|wave|tilda|sakura|blackbox|com\.raggesilver\.blackbox|zutty|havoc)$/i;

export function selectInsertionMethod(program: string | undefined): InsertionMethod {
  if (program === undefined) return 'paste';
  if (TYPED.test(program)) return 'type';
  return PASTING_TERMINALS.test(program) ? 'paste-terminal' : 'paste';
}

/**
 * Whether a line break could execute the line. An unknown program may be a terminal, too. Terminals inside other programs, such
 * as editors and browsers, cannot be detected.
 */
export const isPossibleTerminal = (program: string | undefined): boolean =>
  program === undefined ||
  PASTING_TERMINALS.test(program) ||
  TYPED_TERMINALS.test(program) ||
  OTHER_TERMINALS.test(program);

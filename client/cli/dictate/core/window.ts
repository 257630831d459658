/** A window that can have the focus. */
export interface Window {
  /** Tells it from every other one. */
  readonly id: string;
  /** The program it belongs to, as the desktop names it; undefined where it does not. */
  readonly program: string | undefined;
}

/** How text gets into a program: by its shortcut for pasting, or key by key. */
export type Way = 'paste' | 'paste-terminal' | 'type';

const PASTING_TERMINALS =
  /gnome-terminal|konsole|kitty|alacritty|foot|xfce4-terminal|tilix|terminator|wezterm|ghostty|ptyxis|kgx|console|lxterminal|mate-terminal|guake|yakuake|terminology|contour|rio|qterminal|tabby|hyper/i;
/** Terminals that paste another selection or nothing, and editors in which Ctrl+V is another command. */
const TYPED = /^(u?xterm|koi8rxterm|u?rxvt|rxvt-unicode|st|st-256color|emacs|gvim|nvim-qt|neovide)$/i;
const TYPED_TERMINALS = /xterm|rxvt|^st(-|$)/i;
/** In these Cmd+V and Ctrl+V paste, but a line break runs a command all the same. */
const OTHER_TERMINALS = /^(terminal|iterm2?|warp|windowsterminal|cmd|powershell|pwsh|conhost|mintty|putty)$/i;

export function wayInto(program: string | undefined): Way {
  if (program === undefined) return 'paste';
  if (TYPED.test(program)) return 'type';
  return PASTING_TERMINALS.test(program) ? 'paste-terminal' : 'paste';
}

/** Whether a line break would run what stands in the line. */
export const isTerminal = (program: string | undefined): boolean =>
  program !== undefined &&
  (PASTING_TERMINALS.test(program) || TYPED_TERMINALS.test(program) || OTHER_TERMINALS.test(program));

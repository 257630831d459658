import { UserError } from '../../output/user-error.ts';
import type { Runner } from '../runner.ts';

/** How long a window gets to read what was typed before a key that typed it is changed, ms. */
const SETTLE_MS = 500;
/** Some programs take this code for none. */
const KEYCODE_MIN = 9;
/** Unicode characters beyond Latin-1 are keysyms with this added. */
const UNICODE_KEYSYM = 0x0100_0000;

interface Keyboard {
  /** Characters that a key types by itself or with Shift. */
  readonly characters: ReadonlySet<string>;
  /** Keycodes that type nothing. */
  readonly spare: readonly number[];
}

/**
 * Keys for characters that the keyboard layout does not have. xdotool itself gives such a character a spare key for as long as
 * it presses it; a window that reads the key press a little later finds another character there, or none. Here a spare key
 * keeps its character until the dictation is closed, or until all spare keys are taken and what they typed has been read.
 */
export class SpareKeys {
  readonly #runner: Runner;
  readonly #wait: (ms: number) => Promise<unknown>;
  /** Keycodes that type something because of us. */
  readonly #taken = new Set<number>();

  constructor(runner: Runner, wait = (ms: number): Promise<unknown> => new Promise((done) => setTimeout(done, ms))) {
    this.#runner = runner;
    this.#wait = wait;
  }

  /**
   * Gives every character at the beginning of `text` a key, checks it, and returns the length of that beginning: all of the
   * text, or as much of it as there are keys for.
   */
  async prepare(text: string): Promise<number> {
    if (!this.#runner.has('xmodmap')) return this.#prepareWithout(text);
    let keyboard = await this.#readKeyboard();
    let missing = findMissing(text, keyboard);
    if (missing.length === 0) return text.length;
    if (keyboard.spare.length === 0 && this.#taken.size > 0) {
      await this.release();
      keyboard = await this.#readKeyboard();
      missing = findMissing(text, keyboard);
    }
    const changes = keyboard.spare.flatMap((keycode, i) => {
      const [plain, shifted = plain] = missing.slice(2 * i, 2 * i + 2);
      if (plain === undefined || shifted === undefined) return [];
      this.#taken.add(keycode);
      return [`keycode ${keycode} = ${toKeysymName(plain)} ${toKeysymName(shifted)}`];
    });
    await this.#change(changes);
    const { characters } = await this.#readKeyboard();
    let length = 0;
    for (const character of text) {
      if (!characters.has(character)) break;
      length += character.length;
    }
    if (length === 0)
      throw new UserError(`The keyboard layout has no “${missing[0]}”, and the X server gave no other key to it.`);
    return length;
  }

  /** Clears the keys again, once what they typed has been read. */
  async release(): Promise<void> {
    if (this.#taken.size === 0) return;
    await this.#wait(SETTLE_MS);
    await this.#change([...this.#taken].map((keycode) => `keycode ${keycode} =`));
    this.#taken.clear();
  }

  #prepareWithout(text: string): number {
    const [character] = /[^ -~]/u.exec(text) ?? [];
    if (character === undefined) return text.length;
    throw new UserError(
      `xmodmap is needed to type “${character}” here; install it (apt install x11-xserver-utils) or use --insert paste.`,
    );
  }

  /** The text is passed on standard input: everybody on the machine can read command lines. */
  async #change(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const { code, stderr: errorText } = await this.#runner.run('xmodmap', ['-'], { input: `${lines.join('\n')}\n` });
    if (code !== 0) throw new UserError(`xmodmap did not work: ${errorText.split('\n')[0] || `exit ${code}`}.`);
  }

  async #readKeyboard(): Promise<Keyboard> {
    const { code, out, stderr: errorText } = await this.#runner.run('xmodmap', ['-pk']);
    if (code !== 0) throw new UserError(`xmodmap did not work: ${errorText.split('\n')[0] || `exit ${code}`}.`);
    return parseKeyboard(String(out));
  }
}

/** Reads the table of `xmodmap -pk`: a keycode a line, with its keysyms as `0x0071 (q)`. */
export function parseKeyboard(table: string): Keyboard {
  const characters = new Set<string>();
  const spare: number[] = [];
  for (const line of table.split('\n')) {
    const [, keycode, rest = ''] = /^\s+(\d+)\s*(.*)$/.exec(line) ?? [];
    if (keycode === undefined) continue;
    const keysyms = Array.from(rest.matchAll(/0x([0-9a-f]+) \(/gi), ([, hex]) => Number.parseInt(hex!, 16));
    if (keysyms.length === 0 && Number(keycode) >= KEYCODE_MIN) spare.push(Number(keycode));
    for (const keysym of keysyms.slice(0, 2)) {
      const character = toCharacter(keysym);
      if (character !== undefined) characters.add(character);
    }
  }
  return { characters, spare };
}

/** Keysyms of Latin-1 are its code points. Older names of other characters are not needed: those get keys of their own. */
function toCharacter(keysym: number): string | undefined {
  if (keysym >= 0x20 && keysym <= 0xff) return String.fromCodePoint(keysym);
  const point = keysym - UNICODE_KEYSYM;
  return point >= 0x100 && point <= 0x10_ffff ? String.fromCodePoint(point) : undefined;
}

const toKeysymName = (character: string): string =>
  `U${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;

const findMissing = (text: string, { characters }: Keyboard): string[] =>
  [...new Set(text)].filter((character) => !characters.has(character));

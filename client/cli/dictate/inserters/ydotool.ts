import { UserError } from '../../output/user-error.ts';
import type { Runner } from '../runner.ts';

const CTRL = 29;
const SHIFT = 42;
const V = 47;
const BACKSPACE = 14;

const press = (...codes: readonly number[]): string[] => [
  ...codes.map((code) => `${code}:1`),
  ...codes.toReversed().map((code) => `${code}:0`),
];

/**
 * Presses keys through the kernel. Version 1 expects key codes, version 0.1 (Debian's) expects names. It types by the positions of
 * keys on a US keyboard, which is wrong on others, so it only ever pastes text.
 */
export class Ydotool {
  readonly #runner: Runner;
  #coded: Promise<boolean> | undefined;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  async paste(where: 'window' | 'terminal'): Promise<void> {
    const coded = await this.#isCoded();
    if (where === 'window') return this.#do(coded ? press(CTRL, V) : ['ctrl+v']);
    return this.#do(coded ? press(CTRL, SHIFT, V) : ['ctrl+shift+v']);
  }

  async type(): Promise<void> {
    throw new UserError(
      'The clipboard holds what could not be put back, and ydotool types wrong letters on some keyboards; copy some text and say it again.',
    );
  }

  async backspace(times: number): Promise<void> {
    const one = (await this.#isCoded()) ? press(BACKSPACE) : ['backspace'];
    await this.#do(Array.from({ length: times }, () => one).flat());
  }

  #isCoded(): Promise<boolean> {
    this.#coded ??= this.#runner
      .run('ydotool', ['key', '--help'])
      .then(({ out, stderr: errorText }) => /keycode|\d+:[01]/i.test(`${out}${errorText}`));
    return this.#coded;
  }

  async #do(keys: readonly string[]): Promise<void> {
    const { code, stderr: errorText } = await this.#runner.run('ydotool', ['key', ...keys], { timeoutMs: 20_000 });
    if (code === 0 && !/failed to (connect|open)/i.test(errorText)) return;
    if (/uinput|permission|connect|socket/i.test(errorText))
      throw new UserError(
        'ydotool may press no keys; start ydotoold and give it /dev/uinput (see client/docs/dictate.md).',
      );
    throw new UserError(`ydotool did not work: ${errorText.split('\n').at(-1) || `exit ${code}`}.`);
  }
}

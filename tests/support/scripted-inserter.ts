import type { Window } from '../../client/cli/dictate/core/window.ts';
import type { Inserter } from '../../client/cli/dictate/inserter.ts';
import { UserError } from '../../client/cli/output/user-error.ts';

/** Fields of windows as values; what has the focus and what fails is set by the test. */
export class ScriptedInserter implements Inserter {
  readonly name = 'scripted';
  readonly canRemove = true;
  canIdentifyWindow = true;
  window: Window | undefined = { id: 'editor', program: 'editor' };
  clipboard = '';
  /** Text of each window, and every change that was made. */
  readonly fields = new Map<string, string>();
  readonly edits: string[] = [];
  /** The next insertions fail with this. */
  failure: string | undefined;
  /** Insertions wait for this. */
  gate: Promise<void> = Promise.resolve();

  text(window = 'editor'): string {
    return this.fields.get(window) ?? '';
  }

  async focus(): Promise<Window | undefined> {
    return this.window;
  }

  async insert(text: string): Promise<void> {
    await this.gate;
    if (this.failure !== undefined) throw new UserError(this.failure);
    this.edits.push(`+${text}`);
    const id = this.window?.id ?? '';
    this.fields.set(id, this.text(id) + text);
  }

  async removeLast(characters: number): Promise<void> {
    this.edits.push(`-${characters}`);
    const id = this.window?.id ?? '';
    const segments = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(this.text(id))];
    const kept = segments.slice(0, segments.length - characters).map(({ segment }) => segment);
    this.fields.set(id, kept.join(''));
  }

  async toClipboard(text: string): Promise<void> {
    this.clipboard = text;
  }

  async close(): Promise<void> {}
}

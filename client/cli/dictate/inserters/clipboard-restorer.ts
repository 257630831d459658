/** The content of the clipboard before a paste, in a form that can be restored. */
export interface SavedClipboard {
  readonly type: string;
  readonly bytes: Buffer;
}

/** Our text in the clipboard. */
export interface PlacedText {
  /** Whether it is still there: nobody has copied anything else. */
  isOurs(): Promise<boolean>;
  /** Number of times it was read, where that is known. */
  readonly reads: number | undefined;
  /** Waits for another read after `count`. Resolves with whether there was one. */
  read(count: number, timeoutMs: number): Promise<boolean>;
  /** Removes it, when there is nothing to restore. */
  remove(): void;
}

/** The clipboard of one desktop. */
export interface ClipboardAccess {
  /** The content, `empty`, or undefined when it is of a kind that could not be restored. */
  inspect(): Promise<SavedClipboard | 'empty' | undefined>;
  place(text: string): Promise<PlacedText>;
  restore(kept: SavedClipboard): Promise<void>;
}

export interface ClipboardRestorerSettings {
  /** Delay between a paste and restoring the clipboard, ms. */
  readonly restoreMs: number;
  /** Shortest time from a paste to the next change of the clipboard, ms: programs read late. */
  readonly settleMs: number;
  /** Longest wait for a program to read the text, where reads are known, ms. */
  readonly takenMs: number;
}

/** Longest time from a program's first read to its second, ms; some read only once. */
const SECOND_READ_MS = 500;
/** Longest time between further reads, ms. */
const QUIET_MS = 120;

/** Pastes by way of the clipboard and restores its content, unless something else was copied in the meantime. */
export class ClipboardRestorer {
  readonly #board: ClipboardAccess;
  readonly #settings: ClipboardRestorerSettings;
  #holding: PlacedText | undefined;
  #kept: SavedClipboard | 'empty' | undefined;
  #pastedMs = Number.NEGATIVE_INFINITY;
  #restore: ReturnType<typeof setTimeout> | undefined;
  #restoring: Promise<void> = Promise.resolve();

  constructor(board: ClipboardAccess, settings: ClipboardRestorerSettings) {
    this.#board = board;
    this.#settings = settings;
  }

  /**
   * Puts `text` into the clipboard and presses the keys that paste it. `kept`: the clipboard holds something that could not be
   * restored, and nothing was touched. `untaken`: no program read the text, where that is known; it stays in the clipboard.
   */
  async paste(text: string, press: () => Promise<void>): Promise<'pasted' | 'kept' | 'untaken'> {
    clearTimeout(this.#restore);
    await this.#restoring;
    await wait(this.#pastedMs + this.#settings.settleMs - performance.now());
    if (this.#holding === undefined || !(await this.#holding.isOurs())) {
      this.#holding = undefined;
      this.#kept = await this.#board.inspect();
      if (this.#kept === undefined) return 'kept';
    }
    const holding = await this.#board.place(text);
    this.#holding = holding;
    const reads = holding.reads;
    await press();
    const taken = reads === undefined || (await holding.read(reads, this.#settings.takenMs));
    // A program first requests the available formats and then the text, on a busy machine much later. Only the next paste waits
    // for that.
    let quietMs = SECOND_READ_MS;
    for (let at = holding.reads; taken && at !== undefined && (await holding.read(at, quietMs)); quietMs = QUIET_MS)
      at = holding.reads;
    this.#pastedMs = performance.now();
    if (taken) this.#restore = setTimeout(() => this.#restoreClipboard(), this.#settings.restoreMs);
    else this.#holding = undefined;
    return taken ? 'pasted' : 'untaken';
  }

  /** Puts `text` into the clipboard for good. */
  async keepText(text: string): Promise<void> {
    clearTimeout(this.#restore);
    await this.#restoring;
    this.#holding = undefined;
    await this.#board.restore({ type: 'text/plain', bytes: Buffer.from(text) });
  }

  /** Restores what is still to be restored. */
  async close(): Promise<void> {
    if (this.#holding !== undefined) {
      clearTimeout(this.#restore);
      await wait(this.#pastedMs + this.#settings.restoreMs - performance.now());
      this.#restoreClipboard();
    }
    await this.#restoring;
  }

  #restoreClipboard(): void {
    const holding = this.#holding;
    const kept = this.#kept;
    this.#holding = undefined;
    this.#restoring = (async () => {
      if (holding === undefined || !(await holding.isOurs())) return;
      if (kept === 'empty' || kept === undefined) holding.remove();
      else await this.#board.restore(kept);
    })();
  }
}

function wait(ms: number): Promise<void> | undefined {
  return ms > 0 && Number.isFinite(ms) ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined;
}

/** What lay in the clipboard, in the one form it can be put back in. */
export interface SavedClipboard {
  readonly type: string;
  readonly bytes: Buffer;
}

/** Text of ours that lies in the clipboard. */
export interface PlacedText {
  /** Whether it still does: nobody has copied something else. */
  mine(): Promise<boolean>;
  /** Reads of it so far, where they are told. */
  readonly reads: number | undefined;
  /** Waits for a read beyond `count`. */
  read(count: number, timeoutMs: number): Promise<boolean>;
  /** Lets go of it, where nothing is to be put back. */
  drop(): void;
}

/** One desktop's clipboard. */
export interface ClipboardAccess {
  /** `empty`, what lies there, or undefined when it is of a kind that we could not put back. */
  look(): Promise<SavedClipboard | 'empty' | undefined>;
  hold(text: string): Promise<PlacedText>;
  put(kept: SavedClipboard): Promise<void>;
}

export interface ClipboardRestorerSettings {
  /** From a paste to the moment the clipboard is put back, ms. */
  readonly restoreMs: number;
  /** Shortest time from a paste to the next change of the clipboard: programs read late. */
  readonly settleMs: number;
  /** Longest wait for a program to read, where reads are told, ms. */
  readonly takenMs: number;
}

/** Longest time from a program's first read to its second; some read once. */
const SECOND_READ_MS = 500;
/** Further reads follow one another within this time. */
const QUIET_MS = 120;

/** Pastes over the clipboard and puts back what lay there, unless somebody has copied something since. */
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
   * Puts `text` there and presses the keys that paste it. `kept` when the clipboard holds what could not be put back:
   * nothing was touched. `untaken` when no program read the text, where that can be told; it stays in the clipboard then.
   */
  async paste(text: string, press: () => Promise<void>): Promise<'pasted' | 'kept' | 'untaken'> {
    clearTimeout(this.#restore);
    await this.#restoring;
    await wait(this.#pastedMs + this.#settings.settleMs - performance.now());
    if (this.#holding === undefined || !(await this.#holding.mine())) {
      this.#holding = undefined;
      this.#kept = await this.#board.look();
      if (this.#kept === undefined) return 'kept';
    }
    const holding = await this.#board.hold(text);
    this.#holding = holding;
    const reads = holding.reads;
    await press();
    const taken = reads === undefined || (await holding.read(reads, this.#settings.takenMs));
    // A program asks for the kinds of text first and for the text then, on a busy machine a good while later. Only what is
    // pasted next waits for that.
    let quietMs = SECOND_READ_MS;
    for (let at = holding.reads; taken && at !== undefined && (await holding.read(at, quietMs)); quietMs = QUIET_MS)
      at = holding.reads;
    this.#pastedMs = performance.now();
    if (taken) this.#restore = setTimeout(() => this.#putBack(), this.#settings.restoreMs);
    else this.#holding = undefined;
    return taken ? 'pasted' : 'untaken';
  }

  /** Leaves `text` there for good. */
  async leave(text: string): Promise<void> {
    clearTimeout(this.#restore);
    await this.#restoring;
    this.#holding = undefined;
    await this.#board.put({ type: 'text/plain', bytes: Buffer.from(text) });
  }

  /** Puts back now what is still to be put back. */
  async close(): Promise<void> {
    if (this.#holding !== undefined) {
      clearTimeout(this.#restore);
      await wait(this.#pastedMs + this.#settings.restoreMs - performance.now());
      this.#putBack();
    }
    await this.#restoring;
  }

  #putBack(): void {
    const holding = this.#holding;
    const kept = this.#kept;
    this.#holding = undefined;
    this.#restoring = (async () => {
      if (holding === undefined || !(await holding.mine())) return;
      if (kept === 'empty' || kept === undefined) holding.drop();
      else await this.#board.put(kept);
    })();
  }
}

function wait(ms: number): Promise<void> | undefined {
  return ms > 0 && Number.isFinite(ms) ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined;
}

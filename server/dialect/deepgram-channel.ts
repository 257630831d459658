import type { EventOf } from '../../protocol/index.ts';

/** The `is_final` results of one channel, each marked as the protocol marks it. */
export interface MarkedFinal {
  /** Undefined for an empty result, which only marks the end of what came before. */
  readonly final: EventOf<'final'> | undefined;
  readonly speechFinal: boolean;
  readonly fromFinalize: boolean;
}

/** What is known of one channel: which final is the last of its utterance, and where its next range begins. */
export class DeepgramChannel {
  /** Where its next range begins: the end of its last final. */
  fromMs = 0;
  lastWordEndMs: number | undefined;
  #speaking = false;
  /** Utterances that have ended and may still get a final. */
  #ended = 0;
  /** Something was shown or said since the last end of speech was marked. */
  #open = false;
  /** The newest final of an utterance that has ended: the next event tells whether it is the last. */
  #held: EventOf<'final'> | undefined;
  #heldIsLast = false;

  /** Whether nobody speaks, and all that was said is out. */
  get quiet(): boolean {
    return !this.#speaking && this.#ended === 0;
  }

  speech(state: 'start' | 'end'): void {
    this.#speaking = state === 'start';
    if (state === 'end') this.#ended++;
  }

  shown(lastWordEndMs: number | undefined): void {
    this.#open = true;
    this.lastWordEndMs = lastWordEndMs ?? this.lastWordEndMs;
  }

  /** While a `Finalize` is waited for, every final is held, for the last one is its answer. */
  final(final: EventOf<'final'>, isFinalizing: 'finalizing' | 'not'): readonly MarkedFinal[] {
    const before = this.release();
    this.#open = true;
    this.lastWordEndMs = final.words.at(-1)?.toMs ?? final.toMs;
    if (this.#ended === 0 && isFinalizing === 'not') return [...before, marked(final, 'no')];
    this.#held = final;
    return before;
  }

  /** All finals of an utterance are out: the one that is held was its last. */
  settled(isFinalizing: 'finalizing' | 'not'): readonly MarkedFinal[] {
    this.#ended = Math.max(0, this.#ended - 1);
    if (this.#held === undefined) {
      const isOpen = this.#open;
      this.#open = false;
      return isOpen && isFinalizing === 'not' ? [marked(undefined, 'end')] : [];
    }
    this.#heldIsLast = true;
    return isFinalizing === 'finalizing' ? [] : this.release();
  }

  /** The answer to `Finalize`, empty when nothing new was said. */
  flushed(): MarkedFinal {
    const final = this.#held;
    this.#held = undefined;
    this.#heldIsLast = false;
    this.#open = false;
    return marked(final, 'finalize');
  }

  /** What is held goes out as what it is known to be. */
  release(): readonly MarkedFinal[] {
    const final = this.#held;
    if (final === undefined) return [];
    const isLast = this.#heldIsLast;
    this.#held = undefined;
    this.#heldIsLast = false;
    if (isLast) this.#open = false;
    return [marked(final, isLast ? 'end' : 'no')];
  }
}

function marked(final: EventOf<'final'> | undefined, mark: 'no' | 'end' | 'finalize'): MarkedFinal {
  return { final, speechFinal: mark !== 'no', fromFinalize: mark === 'finalize' };
}

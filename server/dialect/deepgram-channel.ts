import type { EventOf } from '../../protocol/index.ts';

/** An `is_final` result of one channel with the marks the protocol gives it. */
export interface MarkedFinal {
  /** Undefined for an empty result, which only marks the end of the results before it. */
  readonly final: EventOf<'final'> | undefined;
  readonly speechFinal: boolean;
  readonly fromFinalize: boolean;
}

/** The state of one channel: which final is the last of its utterance, and where its next range begins. */
export class DeepgramChannel {
  /** Where its next range begins: at the end of its last final. */
  fromMs = 0;
  /** Utterances that have ended and may still get a final. */
  #endedUtterances = 0;
  /** Whether a text was sent since the last end of speech was marked. */
  #hasUnmarkedText = false;
  /** The newest final of an ended utterance: the next event tells whether it is the last. */
  #heldFinal: EventOf<'final'> | undefined;
  #isHeldLast = false;

  onSpeech(state: 'start' | 'end'): void {
    if (state === 'end') this.#endedUtterances++;
  }

  onPartial(): void {
    this.#hasUnmarkedText = true;
  }

  /** While a `Finalize` is pending, every final is held back, because the last one is its answer. */
  onFinal(final: EventOf<'final'>, finalizing: 'finalizing' | 'not'): readonly MarkedFinal[] {
    const before = this.releaseHeld();
    this.#hasUnmarkedText = true;
    if (this.#endedUtterances === 0 && finalizing === 'not') return [...before, markFinal(final, 'no')];
    this.#heldFinal = final;
    return before;
  }

  /** All finals of an utterance have been sent: the one held back was its last. */
  onSettled(finalizing: 'finalizing' | 'not'): readonly MarkedFinal[] {
    this.#endedUtterances = Math.max(0, this.#endedUtterances - 1);
    if (this.#heldFinal === undefined) {
      const isOpen = this.#hasUnmarkedText;
      this.#hasUnmarkedText = false;
      return isOpen && finalizing === 'not' ? [markFinal(undefined, 'end')] : [];
    }
    this.#isHeldLast = true;
    return finalizing === 'finalizing' ? [] : this.releaseHeld();
  }

  /** The answer to `Finalize`, empty when nothing new was said. */
  takeFinalized(): MarkedFinal {
    const final = this.#heldFinal;
    this.#heldFinal = undefined;
    this.#isHeldLast = false;
    this.#hasUnmarkedText = false;
    return markFinal(final, 'finalize');
  }

  /** Releases the final that is held back, marked as far as is known. */
  releaseHeld(): readonly MarkedFinal[] {
    const final = this.#heldFinal;
    if (final === undefined) return [];
    const isLast = this.#isHeldLast;
    this.#heldFinal = undefined;
    this.#isHeldLast = false;
    if (isLast) this.#hasUnmarkedText = false;
    return [markFinal(final, isLast ? 'end' : 'no')];
  }
}

function markFinal(final: EventOf<'final'> | undefined, mark: 'no' | 'end' | 'finalize'): MarkedFinal {
  return { final, speechFinal: mark !== 'no', fromFinalize: mark === 'finalize' };
}

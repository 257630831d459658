import type { Hypothesis } from '../core/hypothesis.ts';
import type { DecodeSpan } from '../core/session/outputs.ts';
import type { DecodeAnswer } from '../ports/recogniser.ts';
import type { BackgroundKind, DecodeScheduler } from './decode-scheduler.ts';

export interface IdleDecoderSetup {
  readonly session: string;
  readonly scheduler: Pick<DecodeScheduler, 'enqueue' | 'cancel'>;
}

/** Runs one session's decodes that no live text waits for, in slots that no other decode wants. */
export class IdleDecoder {
  readonly #setup: IdleDecoderSetup;
  /** Counts down from zero: positive numbers belong to the core. */
  #lastJob = 0;

  constructor(setup: IdleDecoderSetup) {
    this.#setup = setup;
  }

  /**
   * Decodes as soon as there is a slot, and again when that was needed for something else, until `signal` aborts.
   * Rejects when aborted, when the recogniser fails, and with `DecodeDropped` when too many wait.
   */
  async decode(span: DecodeSpan, background: BackgroundKind, signal: AbortSignal): Promise<Hypothesis> {
    for (;;) {
      const answer = await this.#decodeOnce(span, background, signal);
      if (answer.kind === 'dropped') throw new DecodeDropped();
      if (signal.aborted || answer.kind === 'failed') throw new Error('It was not decoded.');
      if (answer.hypothesis.stop !== 'aborted') return answer.hypothesis;
    }
  }

  #decodeOnce(
    span: DecodeSpan,
    background: BackgroundKind,
    signal: AbortSignal,
  ): Promise<DecodeAnswer | { readonly kind: 'dropped' }> {
    const { scheduler, session } = this.#setup;
    const job = --this.#lastJob;
    return new Promise((answer, reject) => {
      const onAbort = (): void => {
        scheduler.cancel(session, job);
        reject(new Error('It was given up.'));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const onAnswer = (given: Parameters<typeof answer>[0]): void => {
        signal.removeEventListener('abort', onAbort);
        answer(given);
      };
      scheduler.enqueue({ session, job, final: false, background, takeSpan: () => span, onAnswer });
    });
  }
}

/** Too many such decodes wait on this server. */
export class DecodeDropped extends Error {}

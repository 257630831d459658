import type { DecodeSpan, SessionOutput } from '../core/session/outputs.ts';
import { joinWords } from '../core/stable/words.ts';
import { DECODE_SAMPLES_MAX, SAMPLE_RATE } from '../core/time.ts';
import type { DecodeAnswer } from '../ports/recogniser.ts';
import type { DecodeScheduler } from './decode-scheduler.ts';

export interface WhisperTranslatorSetup {
  readonly session: string;
  readonly board: Pick<DecodeScheduler, 'post' | 'forget'>;
  /** Name of the model that translates. */
  readonly model: string;
  /** Name of the model the session has pinned. */
  readonly pinned: string | undefined;
  /** What is still held of a stretch; undefined when its beginning is gone. */
  readonly held: (channel: number, from: number, to: number) => Float32Array | undefined;
}

/** Sound around a sentence that is heard, too: the times of its words are not exact. */
const MARGIN = SAMPLE_RATE / 5;

/** Has a sentence in another language heard once more by the speech model, as English, when no one else wants a slot. */
export class WhisperTranslator {
  readonly model: string;
  readonly #setup: WhisperTranslatorSetup;
  /** Below zero: the numbers above are the core's. */
  #jobs = 0;

  constructor(setup: WhisperTranslatorSetup) {
    this.#setup = setup;
    this.model = setup.pinned ?? setup.model;
  }

  /** What is to be heard; undefined when its sound is not held any more. */
  spanOf({ channel, sound, language }: Extract<SessionOutput, { kind: 'translate' }>): DecodeSpan | undefined {
    if (sound === undefined) return undefined;
    const fromSample = Math.max(0, sound.from - MARGIN);
    const to = Math.min(sound.to + MARGIN, fromSample + DECODE_SAMPLES_MAX);
    const samples = this.#setup.held(channel, fromSample, to);
    if (samples === undefined) return undefined;
    const { pinned: model } = this.#setup;
    const asked = { kind: 'final', task: 'translate', language, languages: [], model, windowFloor: undefined } as const;
    // Words of the other language in the prompt would be gone on with.
    return { ...asked, channel, fromSample, samples, prompt: '', prefix: '' };
  }

  /** Rejects when it is given up, and with a `Dropped` when too many wait. */
  async hear(span: DecodeSpan, signal: AbortSignal): Promise<string> {
    for (;;) {
      const answer = await this.#decode(span, signal);
      if (answer.kind === 'dropped') throw new TranslationDropped();
      if (signal.aborted || answer.kind === 'failed') throw new Error('It was not decoded.');
      // Its slot was needed: again, until its time is over.
      if (answer.hypothesis.stop === 'aborted') continue;
      if (answer.hypothesis.stop === 'repeat') return '';
      return joinWords(answer.hypothesis.words);
    }
  }

  #decode(span: DecodeSpan, signal: AbortSignal): Promise<DecodeAnswer | { readonly kind: 'dropped' }> {
    const { board, session } = this.#setup;
    const job = --this.#jobs;
    return new Promise((answer, reject) => {
      const giveUp = (): void => {
        board.forget(session, job);
        reject(new Error('It was given up.'));
      };
      signal.addEventListener('abort', giveUp, { once: true });
      const settled = (given: Parameters<typeof answer>[0]): void => {
        signal.removeEventListener('abort', giveUp);
        answer(given);
      };
      board.post({ session, job, final: false, translation: true, take: () => span, answer: settled });
    });
  }
}

/** More translations wait on this server than it remembers. */
export class TranslationDropped extends Error {}

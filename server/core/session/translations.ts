import { parseTranslation } from '../translate/translation.ts';
import type { SessionInput } from './inputs.ts';
import type { SampleRange, SessionOutput } from './outputs.ts';

/** A sentence that still waits for translations. */
export interface TranslationSnapshot {
  readonly sentence: number;
  /** Set when the text comes from a second hearing. */
  readonly revised?: true | undefined;
  readonly channel: number;
  /** The cleaned text, or the spoken one where nothing is cleaned. */
  readonly text: string;
  readonly language: string;
  /** Where its audio is; absent in journals of versions that did not decode it again. */
  readonly sound?: SampleRange | undefined;
  /** Languages that are answered; the journal has this name. */
  readonly told: readonly string[];
}

type Answer = Extract<SessionInput, { kind: 'translating' | 'translation' | 'untranslated' }>;

interface Waiting extends TranslationSnapshot {
  /** Languages still to come; undefined until they are known. */
  readonly to: readonly string[] | undefined;
}

/**
 * Asks for translations of each sentence once its text is settled.
 * Invariant: at most one `translated` event for each text of a sentence and language.
 */
export class Translations {
  readonly #emit: (output: SessionOutput) => void;
  readonly #waiting = new Map<number, Waiting>();

  constructor(emit: (output: SessionOutput) => void) {
    this.#emit = emit;
  }

  /** Number of sentences that wait for translations. */
  get size(): number {
    return this.#waiting.size;
  }

  get snapshot(): TranslationSnapshot[] {
    return [...this.#waiting.values()].map(({ to: _, ...snapshot }) => snapshot);
  }

  /** Asks for the translations of a sentence; earlier requests for it are void. `to` are languages to translate into whether or not anybody watches. */
  request(wanted: TranslationSnapshot, to: readonly string[]): void {
    this.#waiting.set(wanted.sentence, { ...wanted, to: undefined });
    this.#emit({ kind: 'translate', ...wanted, to });
  }

  read(answer: Answer): void {
    const waiting = this.#waiting.get(answer.sentence);
    if (waiting === undefined || waiting.revised !== answer.revised) return;
    if (answer.kind === 'translating') return this.#put({ ...waiting, to: answer.to });
    const { to, sentence } = answer;
    if (waiting.to?.includes(to) !== true) return;
    const { channel } = waiting;
    const text = answer.kind === 'translation' ? parseTranslation(waiting.text, answer.text) : undefined;
    if (answer.kind === 'translation' && text !== undefined) {
      const { model, tookMs } = answer;
      const event = { type: 'translated', channel, sentence, language: to, text, model } as const;
      this.#emit({ kind: 'event', event: { ...event, tookMs: Math.round(tookMs) } });
    } else {
      const reason = answer.kind === 'translation' ? 'unfit' : answer.reason;
      const notice = `Not translated into ${to}: ${REASONS[reason]}.`;
      this.#emit({
        kind: 'event',
        event: { type: 'notice', code: 'translate.skipped', text: notice, sentence, channel },
      });
    }
    this.#put({ ...waiting, told: [...waiting.told, to], to: waiting.to.filter((each) => each !== to) });
  }

  #put(waiting: Waiting): void {
    if (waiting.to?.length === 0) this.#waiting.delete(waiting.sentence);
    else this.#waiting.set(waiting.sentence, waiting);
  }
}

const REASONS = {
  absent: 'this server has no model for it any more',
  busy: 'the server is busy with what is being said',
  full: 'more sentences wait than are translated in time',
  late: 'its model was late',
  gone: 'its sound is not held any more',
  failed: 'its model failed',
  unfit: 'what its model said is no translation',
} as const;

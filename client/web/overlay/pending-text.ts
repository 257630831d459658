import {
  computeUpdate,
  EMPTY_SENTENCE,
  formatSentenceKey,
  formatSpeakerKey,
  type SentenceText,
  type TextEvent,
} from '../../../transcript/sentence.ts';
import { getAwaitedForm, isFormEvent, type WantedForm } from '../../../transcript/wanted-form.ts';

/** One sentence on its way to the lines. */
export interface PendingSentence extends SentenceText {
  readonly key: string;
  /** Session and channel: whose voice it is. */
  readonly speaker: string;
  readonly channel: number;
  readonly session: string;
  /** When it became final; undefined while it is spoken. */
  finalMs: number | undefined;
  /** The form that is wanted in place of what was spoken. */
  revised: string | undefined;
  /** Characters of the spoken text that stand in the lines for good. */
  taken: number;
  /** Since when it waits for its turn. */
  waitsMs: number;
  /** When it was last heard of. */
  heardMs: number;
}

const FINISHED_MAX = 500;

/** Folds a room's events into the sentences that are not yet wholly in the lines, in the order of their turns. */
export class PendingText {
  readonly #wanted: WantedForm;
  readonly #interim: boolean;
  readonly #sentences: PendingSentence[] = [];
  /** What became of sentences that left: characters taken of one that was given up, Infinity of one that is finished. */
  readonly #left = new Map<string, number>();

  constructor(options: WantedForm & { readonly interim: boolean }) {
    this.#wanted = options;
    // Words of another language than the one wanted would only be taken back.
    this.#interim = options.interim && getAwaitedForm(options) !== 'translated';
  }

  get sentences(): readonly PendingSentence[] {
    return this.#sentences;
  }

  read(event: TextEvent, nowMs: number): void {
    if (event.type === 'partial') this.#partial(event, nowMs);
    else if (event.type === 'final') this.#final(event, nowMs);
    else if (isFormEvent(event, this.#wanted)) {
      const sentence = this.#find(event);
      if (sentence?.final === true) sentence.revised = event.text;
    }
  }

  /** Tells who is still in the room: what others left open will never be finished. */
  present(sessions: readonly string[]): void {
    for (const sentence of this.#sentences) {
      if (!sentence.final && !sessions.includes(sentence.session)) sentence.heardMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** The first sentence is in the lines, or is given up. */
  leave(sentence: PendingSentence, isFinished: boolean): void {
    this.#sentences.splice(this.#sentences.indexOf(sentence), 1);
    this.#left.set(sentence.key, isFinished ? Number.POSITIVE_INFINITY : sentence.taken);
    if (this.#left.size > FINISHED_MAX) this.#left.delete(this.#left.keys().next().value!);
  }

  /** Somebody else has the word: this one goes first from now on. */
  first(sentence: PendingSentence, nowMs: number): void {
    for (const other of this.#sentences) if (other.speaker !== sentence.speaker) other.waitsMs = nowMs;
    this.#sentences.sort((a, b) => Number(b.speaker === sentence.speaker) - Number(a.speaker === sentence.speaker));
  }

  #partial(event: Extract<TextEvent, { type: 'partial' }>, nowMs: number): void {
    if (!this.#interim) return;
    const isEmpty = event.stable + event.tentative === '';
    const sentence = isEmpty ? this.#find(event) : this.#open(event, nowMs);
    if (sentence === undefined) return;
    const { change } = computeUpdate(sentence, event);
    if (change === undefined) return;
    Object.assign(sentence, change, { heardMs: nowMs });
    if (isEmpty) this.#sentences.splice(this.#sentences.indexOf(sentence), 1);
  }

  #final(event: Extract<TextEvent, { type: 'final' }>, nowMs: number): void {
    const sentence = this.#open(event, nowMs);
    if (sentence === undefined) return;
    const { stable } = sentence;
    const { change, breach } = computeUpdate(sentence, event);
    if (change === undefined) return;
    Object.assign(sentence, change, { finalMs: nowMs, heardMs: nowMs });
    // A server that breaks its promise loses no words: what was shown stays, and the rest goes on as after a cleaning.
    if (breach !== undefined) Object.assign(sentence, { stable, revised: event.text });
  }

  #find(event: TextEvent): PendingSentence | undefined {
    const key = formatSentenceKey(event);
    return this.#sentences.find((sentence) => sentence.key === key);
  }

  #open(event: TextEvent, nowMs: number): PendingSentence | undefined {
    const key = formatSentenceKey(event);
    const taken = this.#left.get(key) ?? 0;
    if (taken === Number.POSITIVE_INFINITY) return undefined;
    const known = this.#find(event);
    if (known !== undefined) return known;
    const { session = '', channel } = event;
    const sentence: PendingSentence = {
      ...EMPTY_SENTENCE,
      ...{ key, speaker: formatSpeakerKey(event), session, channel },
      ...{ finalMs: undefined, revised: undefined, taken, waitsMs: nowMs, heardMs: nowMs },
    };
    this.#sentences.push(sentence);
    return sentence;
  }
}

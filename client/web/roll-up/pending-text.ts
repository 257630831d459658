import {
  computeUpdate,
  EMPTY_SENTENCE,
  formatSentenceKey,
  formatSpeakerKey,
  type SentenceText,
  type TextEvent,
} from '../../../transcript/sentence.ts';
import { getAwaitedForm, isFormEvent, type WantedForm } from '../../../transcript/wanted-form.ts';

/** A sentence that is not completely in the lines yet. */
export interface PendingSentence extends SentenceText {
  readonly key: string;
  /** Session and channel, which identify the speaker. */
  readonly speaker: string;
  readonly channel: number;
  readonly session: string;
  /** When its final arrived; undefined while it is being spoken. */
  finalMs: number | undefined;
  /** The text that replaces the spoken one: the wanted form. What a second hearing heard never does: it comes too late. */
  replacement: string | undefined;
  /** Characters of the spoken text that are in the lines and stay there. */
  taken: number;
  /** When it began to wait for its turn. */
  waitsMs: number;
  /** When its last event arrived. */
  receivedMs: number;
}

/** Sentences that have left and are remembered. */
const FINISHED_MAX = 500;

/** Folds a room's events into the sentences that are not completely in the lines yet, in the order of their turns. */
export class PendingText {
  readonly #wanted: WantedForm;
  readonly #interim: boolean;
  readonly #sentences: PendingSentence[] = [];
  /** Sentences that have left: the characters in the lines of one that was given up, Infinity for one that is finished. */
  readonly #left = new Map<string, number>();

  constructor(options: WantedForm & { readonly interim: boolean }) {
    this.#wanted = options;
    // Words in the spoken language would only be replaced by the translation.
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
      if (sentence?.final === true) sentence.replacement = event.text;
    }
  }

  /** Takes the sessions that are still in the room. Open sentences of other sessions will never be finished. */
  present(sessions: readonly string[]): void {
    for (const sentence of this.#sentences) {
      if (!sentence.final && !sessions.includes(sentence.session)) sentence.receivedMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** Removes a sentence that is completely in the lines, or given up. */
  leave(sentence: PendingSentence, isFinished: boolean): void {
    this.#sentences.splice(this.#sentences.indexOf(sentence), 1);
    this.#left.set(sentence.key, isFinished ? Number.POSITIVE_INFINITY : sentence.taken);
    if (this.#left.size > FINISHED_MAX) this.#left.delete(this.#left.keys().next().value!);
  }

  /** Gives the turn to the speaker of a sentence: its sentences come first from now on. */
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
    // No words are lost if the server breaks the contract: the text on screen stays, and the rest continues as after a cleaning.
    if (breach !== undefined) Object.assign(sentence, { stable, replacement: event.text });
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
      ...{ finalMs: undefined, replacement: undefined, taken, waitsMs: nowMs, receivedMs: nowMs },
    };
    this.#sentences.push(sentence);
    return sentence;
  }
}

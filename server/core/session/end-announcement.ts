import { joinSentences } from '../../../transcript/index.ts';
import type { Word } from '../hypothesis.ts';
import { joinWords } from '../stable/words.ts';
import { samplesToMs } from '../time.ts';
import { toWireWord } from '../wire-word.ts';
import type { OutputQueue } from './output-queue.ts';

/** What the decode up to a pause says that the further finals of the speech will be. */
export interface LikelyEnd {
  /** The decode's job number. */
  readonly job: number;
  readonly sentences: readonly (readonly Word[])[];
  /** How sure it is that the speech is over, 0-1. */
  readonly confidence: number;
  /** One past the last sample with a voice in it. */
  readonly lastVoice: number;
}

/**
 * Announces in a pause that the speech of a channel is probably over, and what its further finals will be.
 * Invariant: those finals are as announced, or the announcement was withdrawn before them.
 */
export class EndAnnouncement {
  readonly #channel: number;
  readonly #outputs: OutputQueue;
  /** The announced text; undefined while nothing is announced. */
  #text: string | undefined;
  /** The decode that was announced last. */
  #job: number | undefined;

  /** `text` is what was announced before a restart. */
  constructor(channel: number, outputs: OutputQueue, text: string | undefined) {
    this.#channel = channel;
    this.#outputs = outputs;
    this.#text = text;
  }

  get text(): string | undefined {
    return this.#text;
  }

  /** Whether this decode was announced already. */
  isOf(job: number): boolean {
    return this.#job === job;
  }

  /** Nothing is announced of a decode without words. `at` is how far the audio was judged. */
  announce({ job, sentences, confidence, lastVoice }: LikelyEnd, at: number): void {
    const text = joinTexts(sentences);
    this.#job = job;
    if (text === this.#text) return;
    this.withdraw(at);
    if (text === '') return;
    this.#text = text;
    this.#outputs.pushEvent({
      ...{ type: 'turn', channel: this.#channel, state: 'eager', atMs: samplesToMs(lastVoice), text },
      words: sentences.flat().map(toWireWord),
      confidence,
    });
  }

  /** The speaker goes on after all. */
  withdraw(at: number): void {
    if (this.#text === undefined) return;
    this.#text = undefined;
    this.#outputs.pushEvent({ type: 'turn', channel: this.#channel, state: 'resumed', atMs: samplesToMs(at) });
  }

  /** Call it before the finals of the speech are published: withdraws an announcement of others. */
  settle(sentences: readonly (readonly Word[])[], at: number): void {
    if (joinTexts(sentences) !== this.#text) this.withdraw(at);
    this.#text = undefined;
  }
}

const joinTexts = (sentences: readonly (readonly Word[])[]): string =>
  joinSentences(sentences.map((words) => joinWords(words)));

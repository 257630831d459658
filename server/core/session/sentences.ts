import type { Word } from '../hypothesis.ts';
import { type ChineseScript, detectScript, isChinese } from '../script/chinese-script.ts';
import { joinWords } from '../stable/words.ts';
import { samplesToMs } from '../time.ts';
import { toWireWord } from '../wire-word.ts';
import type { FinalText } from './conditions.ts';
import type { OutputQueue } from './output-queue.ts';
import type { Revisions } from './revisions.ts';
import type { SecondHearing } from './second-hearing.ts';
import type { SessionSettings } from './settings.ts';
import type { SessionSnapshot } from './snapshot.ts';

/** Finals kept as context for the cleaner and the recogniser's prompt. */
const CONTEXT_SENTENCES = 3;

type SentencesSnapshot = Pick<SessionSnapshot, 'sentences' | 'finals' | 'context' | 'contextLanguages' | 'script'>;

/** What the sentence on screen says now. */
export interface PartialSentence {
  readonly channel: number;
  readonly sentence: number;
  readonly revision: number;
  readonly stable: readonly Word[];
  /** Punctuation after the stable words that may still change. */
  readonly hanging: string;
  readonly tentative: readonly Word[];
}

export interface FinalSentence {
  readonly channel: number;
  readonly sentence: number;
  /** Where its audio begins. */
  readonly from: number;
  readonly words: readonly Word[];
  readonly language: string;
}

/** What becomes of sentences after they are final. */
export interface AfterFinal {
  readonly revisions: Revisions;
  readonly secondHearing: SecondHearing;
}

/** Numbers the sentences of all channels, and makes events of them. Invariant: one final per sentence number. */
export class Sentences {
  readonly #outputs: OutputQueue;
  readonly #revisions: Revisions;
  readonly #secondHearing: SecondHearing;
  #numbers: number;
  #finals: number;
  readonly #context: FinalText[];
  #script: ChineseScript | undefined;

  constructor(outputs: OutputQueue, after: AfterFinal, snapshot?: SentencesSnapshot) {
    this.#outputs = outputs;
    this.#revisions = after.revisions;
    this.#secondHearing = after.secondHearing;
    this.#numbers = snapshot?.sentences ?? 0;
    this.#finals = snapshot?.finals ?? 0;
    this.#script = snapshot?.script;
    const { context = [], contextLanguages = [] } = snapshot ?? {};
    this.#context = context.map((text, i) => ({ text, language: contextLanguages[i] ?? 'auto' }));
  }

  get snapshot(): SentencesSnapshot {
    return {
      sentences: this.#numbers,
      finals: this.#finals,
      context: this.#context.map(({ text }) => text),
      contextLanguages: this.#context.map(({ language }) => language),
      script: this.#script,
    };
  }

  /** Finals published so far. */
  get finals(): number {
    return this.#finals;
  }

  /** The script of the first Chinese sentence that showed one; the others are written in it, too. */
  get script(): ChineseScript | undefined {
    return this.#script;
  }

  /** The last finals, oldest first. */
  get context(): readonly FinalText[] {
    return this.#context;
  }

  /** Texts of the last finals in a language, oldest first. */
  textsIn(language: string): readonly string[] {
    return this.#context.filter((final) => final.language === language).map(({ text }) => text);
  }

  nextNumber(): number {
    return ++this.#numbers;
  }

  publishPartial({ channel, sentence, revision, stable, hanging, tentative }: PartialSentence): void {
    const words = [...stable, ...tentative];
    this.#outputs.pushEvent({
      type: 'partial',
      channel,
      sentence,
      revision,
      stable: joinWords(stable),
      tentative: hanging + joinWords(tentative, stable.at(-1)),
      words: words.map(toWireWord),
      stableWords: stable.length,
      fromMs: samplesToMs(words[0]?.from ?? 0),
      toMs: samplesToMs(words.at(-1)?.to ?? 0),
    });
  }

  /** `words` are one at least. The sentence is then cleaned, translated and heard again as the settings say. */
  publishFinal({ channel, sentence, from, words, language }: FinalSentence, settings: SessionSettings): void {
    const text = joinWords(words);
    const sound = { from: words[0]!.from, to: words.at(-1)!.to };
    this.#finals++;
    this.#outputs.pushEvent({
      type: 'final',
      channel,
      sentence,
      text,
      words: words.map(toWireWord),
      fromMs: samplesToMs(sound.from),
      toMs: samplesToMs(sound.to),
      language,
    });
    this.#revisions.begin({ sentence, channel, text, language, sound }, this.textsIn(language), settings);
    this.#secondHearing.add(channel, { sentence, from, words, language }, settings);
    this.#context.push({ text, language });
    if (isChinese(language)) this.#script ??= detectScript(text);
    if (this.#context.length > CONTEXT_SENTENCES) this.#context.shift();
  }
}

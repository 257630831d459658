import type { Word } from '../hypothesis.ts';
import { type ChineseScript, detectScript, withScript } from '../script/chinese-script.ts';
import { assignWords } from '../second-hearing/assign-words.ts';
import { hasMissedSentence, saysOther, selectBetterWords } from '../second-hearing/compare-hearings.ts';
import { keepEdges } from '../second-hearing/keep-edges.ts';
import { type HeardSentence, type Stretch, StretchCollector } from '../second-hearing/stretch.ts';
import { voteWords } from '../second-hearing/vote-words.ts';
import { buildPrompt } from '../segment/prompt.ts';
import type { SpanEvidence } from '../stable/hallucinations.ts';
import { joinWords } from '../stable/words.ts';
import { msToSamples, samplesToMs } from '../time.ts';
import { toWireWord } from '../wire-word.ts';
import type { SecondHypothesis } from './inputs.ts';
import type { OutputQueue } from './output-queue.ts';
import type { DecodeSpan } from './outputs.ts';
import type { Revisions } from './revisions.ts';
import type { PipelineOptions, SessionSettings } from './settings.ts';

export interface SecondHearingOptions {
  readonly pipeline: PipelineOptions;
  readonly outputs: OutputQueue;
  readonly revisions: Revisions;
  /** A copy of what the VAD says about samples [from, to) of a channel. */
  readonly readEvidence: (channel: number, from: number, to: number) => SpanEvidence;
}

interface PendingStretch extends Stretch {
  readonly channel: number;
  readonly model: string;
  readonly evidence: SpanEvidence;
  /** Whether the small model decodes it, and then the server's own. */
  readonly isSmallFirst: boolean;
}

/**
 * Hears final sentences once more, in stretches, with audio on both sides and a more careful search, and revises those in
 * which it hears other words. The caller answers each request exactly once, and bounds how many wait.
 * Invariant: at most one revision for a sentence.
 */
export class SecondHearing {
  readonly #options: SecondHearingOptions;
  readonly #collectors = new Map<number, StretchCollector>();
  readonly #pending = new Map<number, PendingStretch>();
  #lastStretch = 0;

  constructor(options: SecondHearingOptions) {
    this.#options = options;
  }

  /** Stretches that are being decoded again. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Takes the next final sentence of a channel. */
  add(channel: number, sentence: HeardSentence, settings: SessionSettings): void {
    // The text of a translation is no hearing of the words.
    if (settings.revise !== true || settings.task === 'translate') return;
    this.#request(channel, this.#collectorOf(channel).add(sentence), settings);
  }

  /** All speech of a channel up to `at` is final. */
  settle(channel: number, at: number, settings: SessionSettings): void {
    this.#request(channel, this.#collectors.get(channel)?.settle(at), settings);
  }

  /** The audio of a channel goes on up to `to`; speech that is not final begins at `open`. */
  advance(
    channel: number,
    { to, open }: { readonly to: number; readonly open: number },
    settings: SessionSettings,
  ): void {
    this.#request(channel, this.#collectors.get(channel)?.advance(to, open), settings);
  }

  /** No audio came for a while behind the sample `at`, or none will: what is there is heard again as it is. */
  end(at: number, settings: SessionSettings): void {
    for (const [channel, collector] of this.#collectors) this.#request(channel, collector.end(at), settings);
  }

  /** Takes the answer to a request. `script` is that of Chinese where the sentences show none. */
  read(answer: SecondHypothesis, settings: SessionSettings, script?: ChineseScript): void {
    const stretch = this.#pending.get(answer.stretch);
    this.#pending.delete(answer.stretch);
    if (stretch === undefined || answer.kind === 'noSecondHypothesis') return;
    const { sentences } = stretch;
    // The client may have asked for another script since: characters written in another way are no other words.
    const written = detectScript(sentences.map(({ words }) => joinWords(words)).join('')) ?? script;
    const words = this.#joinHearings(stretch, { ...answer, hypothesis: withScript(answer.hypothesis, written) });
    if (words === undefined) return;
    const assigned = assignWords(
      sentences.map((sentence) => sentence.words),
      words,
    );
    const revised = sentences.map(({ words: first, language }, i) => {
      const heard = assigned[i]!;
      if (heard.length === 0 && hasMissedSentence(first, words, stretch.evidence)) return undefined;
      return saysOther(first, heard, language) ? keepEdges(first, heard) : undefined;
    });
    const texts = sentences.map(({ words: first }, i) => joinWords(revised[i] ?? first));
    for (const [i, sentence] of sentences.entries()) {
      const heard = revised[i];
      if (heard === undefined) continue;
      this.#publish(stretch, { ...sentence, words: heard }, sentence, { context: texts.slice(0, i), settings });
    }
  }

  #joinHearings(
    stretch: PendingStretch,
    { hypothesis, other }: Extract<SecondHypothesis, { kind: 'secondHypothesis' }>,
  ): readonly Word[] | undefined {
    const words = selectBetterWords(stretch, hypothesis, stretch.evidence);
    const others = other && selectBetterWords(stretch, other, stretch.evidence);
    if (words === undefined || others === undefined) return words ?? others;
    // The own model is the better one, and has the first say.
    return stretch.isSmallFirst ? voteWords(others, words) : voteWords(words, others);
  }

  #publish(
    { channel, model, language }: PendingStretch,
    { sentence, words }: HeardSentence,
    first: HeardSentence,
    { context, settings }: { readonly context: readonly string[]; readonly settings: SessionSettings },
  ): void {
    const { outputs, revisions } = this.#options;
    const text = joinWords(words);
    outputs.pushEvent({ type: 'revised', channel, sentence, text, words: words.map(toWireWord), model });
    const sound = { from: first.words[0]!.from, to: first.words.at(-1)!.to };
    const revised = { sentence, channel, text, language, sound, revised: true } as const;
    revisions.begin(revised, context.slice(-CONTEXT_SENTENCES), settings);
  }

  #collectorOf(channel: number): StretchCollector {
    const known = this.#collectors.get(channel);
    if (known !== undefined) return known;
    const { leastMs, mostMs } = this.#options.pipeline.secondHearing;
    const collector = new StretchCollector({ least: msToSamples(leastMs), most: msToSamples(mostMs) });
    this.#collectors.set(channel, collector);
    return collector;
  }

  #request(channel: number, stretch: Stretch | undefined, settings: SessionSettings): void {
    if (stretch === undefined) return;
    const { pipeline, outputs, readEvidence } = this.#options;
    const { own } = pipeline.models;
    const model = selectModel(stretch.language, settings, pipeline.models);
    const id = ++this.#lastStretch;
    const evidence = readEvidence(channel, stretch.from, stretch.to);
    const otherModel = selectOtherModel(stretch.language, settings, { ...pipeline.models, chosen: model ?? own });
    const models = [model ?? own, otherModel].filter((each) => each !== undefined);
    this.#pending.set(id, {
      ...stretch,
      channel,
      model: models.join(' + '),
      evidence,
      isSmallFirst: otherModel === own,
    });
    const spokenMs = samplesToMs(stretch.sentences[0]!.words.at(-1)!.to);
    outputs.push({
      ...{ kind: 'hearAgain', stretch: id, to: stretch.to, spokenMs, otherModel },
      span: { ...this.#describeDecode(stretch, settings), channel, fromSample: stretch.from, model },
    });
  }

  #describeDecode(
    { language }: Stretch,
    { vocabulary }: SessionSettings,
  ): Omit<DecodeSpan, 'samples' | 'channel' | 'fromSample' | 'model'> {
    const { windowFloor, beamSize, temperatures } = this.#options.pipeline.secondHearing;
    return {
      ...{ kind: 'final', task: 'transcribe', language, languages: [], prefix: '' },
      ...{ windowFloor, beamSize, temperatures },
      prompt: buildPrompt(vocabulary, [], 0),
    };
  }
}

/** Sentences before it that the cleaner gets. */
const CONTEXT_SENTENCES = 3;

/** The model that hears a stretch again; undefined is the server's own. */
export function selectModel(
  language: string,
  { model }: Pick<SessionSettings, 'model'>,
  { second, small, isEnglishSmall = false }: PipelineOptions['models'],
): string | undefined {
  if (second !== undefined && (second.isMultilingual || language === 'en')) return second.name;
  return model ?? (isEnglishSmall && language === 'en' ? small : undefined);
}

/**
 * The model that hears English again beside `chosen`: of the server's own and its small one the other, because the two mishear
 * different words. None where the client or the operator has named a model, which is then the better one.
 */
export function selectOtherModel(
  language: string,
  { model }: Pick<SessionSettings, 'model'>,
  { second, own, small, chosen }: PipelineOptions['models'] & { readonly chosen: string },
): string | undefined {
  if (language !== 'en' || model !== undefined || second !== undefined || small === undefined) return undefined;
  return chosen === own ? small : own;
}

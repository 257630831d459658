import type { Hypothesis } from '../hypothesis.ts';
import { removeScript } from '../script/chinese-script.ts';
import { buildPrompt } from '../segment/prompt.ts';
import { joinWords, normaliseWord } from '../stable/words.ts';
import { SAMPLE_RATE } from '../time.ts';
import type { DecodeConditions, SessionConditions } from './conditions.ts';
import { type DecodeFindings, withSentenceFindings } from './decode-findings.ts';
import type { DecodeState } from './decode-state.ts';
import { checkLanguage } from './language-check.ts';
import { type DetectionProgress, LanguageSelector, type LanguageSnapshot } from './language-selector.ts';
import { type LeftContext, removeLeftContext, selectLeftContext } from './left-context.ts';
import { ModelSelector } from './model-selector.ts';
import type { OutputQueue } from './output-queue.ts';
import type { DecodeSpan } from './outputs.ts';
import type { PipelineOptions, SessionSettings } from './settings.ts';

/**
 * Mean log probability below which hints are under suspicion: of 59 recordings in English without a name the one that hints
 * turned into nonsense fell from -0.5 to -0.9 with `base`; no other is below -0.45.
 */
const SUSPECT_LOG_PROBABILITY = -0.5;

/** What a decode was asked: audio up to the sample `to`, with the sentence before at its start or without. */
export interface DecodedSpan {
  readonly to: number;
  readonly leftContext: LeftContext | undefined;
}

/** Whether the answer of a decode can be used, and what it showed. */
export interface Assessment {
  readonly isUsable: boolean;
  readonly findings: DecodeFindings;
}

export interface DecodePolicyOptions {
  readonly channel: number;
  readonly pipeline: PipelineOptions;
  readonly outputs: OutputQueue;
  readonly settings: SessionSettings;
  /** What was learned of the language before a restart. */
  readonly language: LanguageSnapshot | undefined;
}

/** How the spans of one channel are decoded (language, model, left context and prompt), and which answers are no use. */
export class DecodePolicy {
  readonly #channel: number;
  readonly #pipeline: PipelineOptions;
  readonly #outputs: OutputQueue;
  readonly #model: ModelSelector;
  #language: LanguageSelector;

  constructor({ channel, pipeline, outputs, settings, language }: DecodePolicyOptions) {
    this.#channel = channel;
    this.#pipeline = pipeline;
    this.#outputs = outputs;
    this.#model = new ModelSelector(channel, pipeline.models, outputs);
    this.#language = new LanguageSelector(
      removeScript(settings.language),
      settings.languages.map(removeScript),
      language,
    );
  }

  get languageSnapshot(): LanguageSnapshot {
    return this.#language.snapshot;
  }

  /** The language in force; undefined until one has been detected. */
  get language(): string | undefined {
    return this.#language.locked;
  }

  changeLanguage({ language, languages }: SessionSettings): void {
    this.#language = new LanguageSelector(removeScript(language), languages.map(removeScript));
  }

  /** For a decode of the open sentence up to `to`; `oldest` is the first sample still held. */
  chooseContext(
    { sentenceStart, findings }: DecodeState,
    { to, oldest }: { readonly to: number; readonly oldest: number },
    { settings, serviceLevel, leftContext }: DecodeConditions,
  ): { readonly language: string; readonly leftContext: LeftContext | undefined } {
    const asked = this.#language.languageFor(detectionProgress(sentenceStart, to, findings));
    const { isLanguageConfirmed, language: settled } = findings.sentence;
    const language = settled ?? (isLanguageConfirmed ? (this.#language.locked ?? asked) : asked);
    // The text of a translation does not help to hear what was said, and under load every second of audio counts.
    const isShort = serviceLevel.windows === 'short';
    const isRecording = settings.source === 'recording';
    const omitted = findings.omitsLeftContext || settings.task === 'translate' || isShort || isRecording;
    const request = { sentenceStart, to, language, oldest };
    const usable = omitted ? undefined : selectLeftContext(leftContext, request, this.#pipeline.leftContext);
    return { language, leftContext: usable };
  }

  /** Findings with the model that decodes the open sentence, which is chosen at its first decode. */
  withModel(findings: DecodeFindings, conditions: SessionConditions): DecodeFindings {
    if (conditions.settings.model !== undefined || findings.sentence.model !== undefined) return findings;
    return withSentenceFindings(findings, { model: { name: this.#model.choose(this.#language, conditions) } });
  }

  /** Everything about a decode but its audio. `stable` is the stable text of the open sentence. */
  describe(
    kind: DecodeSpan['kind'],
    { language, leftContext }: { readonly language: string; readonly leftContext: LeftContext | undefined },
    { stable, findings }: { readonly stable: string; readonly findings: DecodeFindings },
    { settings, serviceLevel, finals }: DecodeConditions,
  ): Omit<DecodeSpan, 'fromSample' | 'samples'> {
    const { languages, task, vocabulary, model } = settings;
    // Stretches of a recording may be decoded side by side, and have words enough around each word.
    const isRecording = settings.source === 'recording';
    const { windowFloor, beamSize } = this.#pipeline.secondHearing;
    const isShort = kind === 'final' && serviceLevel.windows === 'short';
    // A recording is heard as carefully as a second time, which is of no use behind it.
    const search = isRecording ? { windowFloor, beamSize } : { windowFloor: isShort ? 0 : undefined };
    const hints = findings.sentence.omitsVocabulary ? [] : vocabulary;
    return {
      kind,
      channel: this.#channel,
      language,
      languages: languages.map(removeScript),
      task,
      model: model ?? findings.sentence.model?.name,
      ...this.#choosePrompt(hints, language, { leftContext, finals: isRecording ? [] : finals, task }),
      prefix: this.#pipeline.forcedPrefix && leftContext === undefined ? stable : '',
      ...search,
    };
  }

  /** `isVoiced`: whether there was voice enough for a word in the span. */
  assessPartial(
    { sentenceStart, findings }: DecodeState,
    hypothesis: Hypothesis,
    span: DecodedSpan,
    isVoiced: () => boolean,
  ): Assessment {
    const seconds = (span.to - sentenceStart) / SAMPLE_RATE;
    const misfit = this.#findMisfit(hypothesis, span.to - sentenceStart, findings);
    if (misfit !== undefined) return misfit;
    // Of a first detection that is a guess, the letters of any script may come.
    if (this.#language.isGuess(hypothesis)) return { isUsable: false, findings };
    const checked = { sentenceStart, to: span.to, seconds, isFinal: false };
    const check = checkLanguage(withoutContext(hypothesis, span, sentenceStart), checked, findings, this.#language);
    if (!check.isUsable) return check;
    const isConfirmed = span.leftContext === undefined && this.#language.isConfirmedBy(hypothesis, seconds);
    const known = isConfirmed ? withSentenceFindings(check.findings, { isLanguageConfirmed: true }) : check.findings;
    return assessContext({ sentenceStart, findings: known }, hypothesis, span, isVoiced);
  }

  /** The same of a decode of the whole; `from` is where its audio began, with its left context. */
  assessFinal(
    { sentenceStart, findings }: DecodeState,
    hypothesis: Hypothesis,
    span: DecodedSpan & { readonly from: number },
    { vocabulary, isVoiced }: { readonly vocabulary: readonly string[]; readonly isVoiced: () => boolean },
  ): Assessment {
    const misfit = this.#findMisfit(hypothesis, span.to - sentenceStart, findings);
    if (misfit !== undefined) return misfit;
    if (needsRetryWithoutPrompt(vocabulary, hypothesis, findings))
      return { isUsable: false, findings: withSentenceFindings(findings, { omitsVocabulary: true }) };
    const seconds = (span.to - sentenceStart) / SAMPLE_RATE;
    const checked = { sentenceStart, to: span.to, seconds, isFinal: true };
    const check = checkLanguage(withoutContext(hypothesis, span, sentenceStart), checked, findings, this.#language);
    if (!check.isUsable) return check;
    return assessContext({ sentenceStart, findings: check.findings }, hypothesis, span, isVoiced);
  }

  /** Takes the language of a decode whose text became final as a sign of the speaker's. */
  learnLanguage(hypothesis: Hypothesis, span: DetectionProgress): void {
    if (!this.#language.learn(hypothesis, span)) return;
    this.#outputs.pushEvent({
      type: 'notice',
      code: 'language',
      text: `The language is ${hypothesis.language}.`,
      channel: this.#channel,
    });
  }

  /** Hints and the text so far, which must be in the language of the decode: behind another one the model translates. */
  #choosePrompt(
    hints: readonly string[],
    language: string,
    { leftContext, finals, task }: Pick<DecodeConditions, 'leftContext' | 'finals'> & Pick<SessionSettings, 'task'>,
  ): Pick<DecodeSpan, 'prompt' | 'promptLanguage'> {
    const spoken = language === 'auto' ? this.#language.locked : language;
    const before =
      leftContext?.context ??
      finals.filter((final) => task === 'translate' || final.language === spoken).map(({ text }) => text);
    const prompt = buildPrompt(hints, before, this.#pipeline.contextChars);
    const isForeign = language === 'auto' && task === 'transcribe' && before.length > 0;
    return isForeign ? { prompt, promptLanguage: spoken } : { prompt };
  }

  /** An answer that was cut short, or that the small model could not make sense of; the own model is tried then. */
  #findMisfit(hypothesis: Hypothesis, samples: number, findings: DecodeFindings): Assessment | undefined {
    if (hypothesis.stop === 'aborted') return { isUsable: false, findings };
    if (!this.#model.isOutOfDepth(findings.sentence, this.#language, hypothesis, samples)) return undefined;
    return { isUsable: false, findings: withSentenceFindings(findings, { model: { name: undefined } }) };
  }
}

/** The open sentence up to `to`, as something to detect a language in. */
export function detectionProgress(sentenceStart: number, to: number, { sentence }: DecodeFindings): DetectionProgress {
  const rejected = sentence.rejectedLanguageTo === undefined ? 0 : sentence.rejectedLanguageTo - sentenceStart;
  return { seconds: (to - sentenceStart) / SAMPLE_RATE, rejectedSeconds: rejected / SAMPLE_RATE };
}

/** Only the words of the open sentence say whether its language is right. */
function withoutContext(hypothesis: Hypothesis, { leftContext }: DecodedSpan, sentenceStart: number): Hypothesis {
  return leftContext === undefined
    ? hypothesis
    : { ...hypothesis, words: removeLeftContext(hypothesis.words, leftContext, sentenceStart) };
}

/** With no word behind the left context, though there was a voice, the decoder stopped too early: decode without it. */
function assessContext(
  { sentenceStart, findings }: Pick<DecodeState, 'sentenceStart' | 'findings'>,
  { words }: Hypothesis,
  { leftContext }: DecodedSpan,
  isVoiced: () => boolean,
): Assessment {
  const missedAudio =
    leftContext !== undefined && removeLeftContext(words, leftContext, sentenceStart).length === 0 && isVoiced();
  return missedAudio
    ? { isUsable: false, findings: { ...findings, omitsLeftContext: true } }
    : { isUsable: true, findings };
}

/** Whether vocabulary hints led a decode astray: it is unsure of its words, and none of them is a hint. */
export function needsRetryWithoutPrompt(
  vocabulary: readonly string[],
  { averageLogProbability, words }: Hypothesis,
  { sentence }: DecodeFindings,
): boolean {
  if (vocabulary.length === 0 || sentence.omitsVocabulary || words.length === 0) return false;
  if (averageLogProbability >= SUSPECT_LOG_PROBABILITY) return false;
  const text = normaliseWord(joinWords(words));
  return !vocabulary.some((hint) => text.includes(normaliseWord(hint)));
}

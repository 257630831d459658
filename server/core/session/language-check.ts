import type { Hypothesis } from '../hypothesis.ts';
import { computeMeanConfidence } from '../stable/words.ts';
import { type DecodeFindings, type SentenceFindings, withSentenceFindings } from './decode-findings.ts';
import type { LanguageSelector } from './language-selector.ts';

/**
 * Mean log probability below which a decode in a language that was not detected is suspect: English decoded as French gives -0.8 to
 * -1.7 with `base`, and French as French -0.1 to -0.5.
 */
const SUSPECT_LOG_PROBABILITY = -0.7;
/** The same of the mean confidence of the words, and of the compression ratio that means repetition. */
const SUSPECT_CONFIDENCE = 0.45;
const SUSPECT_COMPRESSION = 2.4;
/** How much likelier text in another language must be than that in the language in force, as mean log probability. */
const MARGIN = 0.2;
/** A convincing detection is believed in this much audio, and in less of it where it leaves no doubt. */
const SECONDS_SURE = 2;
const CERTAIN_SECONDS = 1.3;
const CERTAIN_PROBABILITY = 0.95;
/** A detection with less probability is not worth a comparison. */
const LEAST_PROBABILITY = 0.3;
/** The first partials of any sentence are doubtful. */
const SUSPECT_SECONDS_MIN = 2;
/** Audio by which a sentence must grow before its language is doubted again. */
const SUSPECT_AGAIN_FACTOR = 1.5;

export interface LanguageCheck {
  readonly isUsable: boolean;
  readonly findings: DecodeFindings;
}

/** A decoded span of the open sentence, which began at `sentenceStart` and was decoded up to `to`; samples. */
export interface CheckedSpan {
  readonly sentenceStart: number;
  readonly to: number;
  readonly seconds: number;
  /** Whether the sentence may end with it: its language is then doubted once more. */
  readonly isFinal: boolean;
}

/**
 * Whether a decode is in the language that was spoken. A detection of another language than the one in force is believed where it
 * is sure; otherwise the sentence is decoded in both, and the likelier text counts. A decode that the model itself doubts is a reason
 * to detect the language anew. Each costs further decodes of the same audio: three at most for a final.
 */
export function checkLanguage(
  hypothesis: Hypothesis,
  span: CheckedSpan,
  findings: DecodeFindings,
  selector: LanguageSelector,
): LanguageCheck {
  const { locked, isFixed } = selector;
  const { sentence } = findings;
  const usable = (change: Parameters<typeof withSentenceFindings>[1] = {}): LanguageCheck => ({
    isUsable: true,
    findings: withSentenceFindings(findings, change),
  });
  if (isFixed || locked === undefined || hypothesis.language === sentence.language) return usable();
  if (hypothesis.language !== locked) return checkDetected(hypothesis, span, findings, selector);
  if (hypothesis.languageProbabilities !== undefined) {
    // The rival was heard in less of the sentence.
    return usable({ rival: undefined, suspected: { to: span.to } });
  }
  if (sentence.rival !== undefined) return compareWithRival(hypothesis, span, findings);
  if (!maySuspect(span, sentence) || !selector.mayDetect(span.seconds) || !isSuspect(hypothesis)) return usable();
  return {
    isUsable: false,
    findings: withSentenceFindings(findings, {
      isLanguageConfirmed: false,
      rejectedLanguageTo: undefined,
      suspected: { to: span.to, averageLogProbability: hypothesis.averageLogProbability },
    }),
  };
}

function maySuspect({ sentenceStart, to, seconds, isFinal }: CheckedSpan, { suspected }: SentenceFindings): boolean {
  if (isFinal) return suspected === undefined || suspected.to < to;
  if (seconds < SUSPECT_SECONDS_MIN) return false;
  return suspected === undefined || to - sentenceStart >= SUSPECT_AGAIN_FACTOR * (suspected.to - sentenceStart);
}

/** A language that is not in force was detected. */
function checkDetected(
  hypothesis: Hypothesis,
  { to, seconds, isFinal }: CheckedSpan,
  findings: DecodeFindings,
  selector: LanguageSelector,
): LanguageCheck {
  const { language, languageProbability, averageLogProbability, words } = hypothesis;
  const isConvincing = selector.accepts(hypothesis, seconds);
  const isCertain = languageProbability >= CERTAIN_PROBABILITY && seconds >= CERTAIN_SECONDS;
  if (isConvincing && (isCertain || seconds >= SECONDS_SURE)) return { isUsable: true, findings };
  // The next partial, which comes soon, tells more; meanwhile nothing is shown that may be in the wrong language.
  if (isConvincing && !isFinal) return { isUsable: false, findings };
  const isText = words.length > 0 && (isConvincing || !isSuspect(hypothesis));
  const isLikely = isText && languageProbability >= LEAST_PROBABILITY;
  // The decode that was doubted is the one to compare with.
  const before = findings.sentence.suspected?.averageLogProbability;
  const isLikelier = isLikely && before !== undefined && averageLogProbability > before + MARGIN;
  const suspected = { to };
  if (isLikelier) return { isUsable: true, findings: withSentenceFindings(findings, { language, suspected }) };
  const rival = isLikely && before === undefined ? { language, averageLogProbability } : undefined;
  return { isUsable: false, findings: withSentenceFindings(findings, { rejectedLanguageTo: to, suspected, rival }) };
}

/** The same audio was decoded in another language before: the likelier text counts for the rest of the sentence. */
function compareWithRival(hypothesis: Hypothesis, { to }: CheckedSpan, findings: DecodeFindings): LanguageCheck {
  const rival = findings.sentence.rival!;
  const isRivalLikelier =
    hypothesis.words.length > 0 && rival.averageLogProbability > hypothesis.averageLogProbability + MARGIN;
  const language = isRivalLikelier ? { language: rival.language } : {};
  const change = { rival: undefined, suspected: { to }, ...language };
  return { isUsable: !isRivalLikelier, findings: withSentenceFindings(findings, change) };
}

/** Whether the model itself doubts its text. */
export function isSuspect({ averageLogProbability, compressionRatio, words }: Hypothesis): boolean {
  if (words.length === 0) return false;
  if (averageLogProbability < SUSPECT_LOG_PROBABILITY || compressionRatio > SUSPECT_COMPRESSION) return true;
  return computeMeanConfidence(words) < SUSPECT_CONFIDENCE;
}

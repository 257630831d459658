/** What decodes of the open sentence have shown. It says nothing about the next sentence. */
export interface SentenceFindings {
  /** The sentence was clearly heard to be in the language in force, so it is decoded in that language from here on. */
  readonly isLanguageConfirmed: boolean;
  /** End of the span, from the start of the sentence, whose detected language was rejected last; samples. */
  readonly rejectedLanguageTo: number | undefined;
  /**
   * How far the sentence reached when its language was doubted last, samples; with the mean log probability of its text in the
   * language in force, while that is to be compared with another.
   */
  readonly suspected: { readonly to: number; readonly averageLogProbability?: number } | undefined;
  /** A decode in another language than the one in force, which one in that is to be compared with. */
  readonly rival: { readonly language: string; readonly averageLogProbability: number } | undefined;
  /** The language of the sentence, where its text was likelier than that in the language in force. */
  readonly language: string | undefined;
  /** Vocabulary hints led a decode astray: decode without them. */
  readonly omitsVocabulary: boolean;
  /** The model that decodes the sentence, from its first decode on. A `name` of undefined is the session's own model. */
  readonly model: { readonly name: string | undefined } | undefined;
}

/** What the decodes of one utterance have shown about how to decode it next. */
export interface DecodeFindings {
  /** Decodes that failed. The engine has tried each more than once by then. */
  readonly failures: number;
  /** A decode that began with the sentence before failed, or found no words behind it: decode without. */
  readonly omitsLeftContext: boolean;
  readonly sentence: SentenceFindings;
}

const NEW_SENTENCE: SentenceFindings = {
  isLanguageConfirmed: false,
  rejectedLanguageTo: undefined,
  suspected: undefined,
  rival: undefined,
  language: undefined,
  omitsVocabulary: false,
  model: undefined,
};

/** Before the first decode of an utterance. */
export const NO_FINDINGS: DecodeFindings = { failures: 0, omitsLeftContext: false, sentence: NEW_SENTENCE };

export function withSentenceFindings(findings: DecodeFindings, change: Partial<SentenceFindings>): DecodeFindings {
  return { ...findings, sentence: { ...findings.sentence, ...change } };
}

/** Which languages are expected has changed: what was detected in the open sentence counts no more. */
export function withoutLanguage(findings: DecodeFindings): DecodeFindings {
  const { isLanguageConfirmed, rejectedLanguageTo, suspected, rival, language } = NEW_SENTENCE;
  return withSentenceFindings(findings, { isLanguageConfirmed, rejectedLanguageTo, suspected, rival, language });
}

/** Another failed decode. Its left context may have been what could not be decoded. */
export function withFailure(findings: DecodeFindings): DecodeFindings {
  return { ...findings, failures: findings.failures + 1, omitsLeftContext: true };
}

/** The next sentence of the same speech begins, which is in the same language unless its decodes are suspect. */
export function forNextSentence(findings: DecodeFindings): DecodeFindings {
  const { isLanguageConfirmed, language } = findings.sentence;
  return { ...findings, sentence: { ...NEW_SENTENCE, isLanguageConfirmed, language } };
}

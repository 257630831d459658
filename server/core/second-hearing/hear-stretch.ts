import type { Hypothesis, Word } from '../hypothesis.ts';
import { type ChineseScript, detectScript, withScript } from '../script/chinese-script.ts';
import { buildPrompt } from '../segment/prompt.ts';
import type { DecodeSpan } from '../session/outputs.ts';
import type { PipelineOptions } from '../session/settings.ts';
import type { SpanEvidence } from '../stable/hallucinations.ts';
import { joinWords } from '../stable/words.ts';
import { assignWords } from './assign-words.ts';
import { hasMissedSentence, saysOther, selectBetterWords } from './compare-hearings.ts';
import type { HearingModels } from './hearing-models.ts';
import { keepEdges } from './keep-edges.ts';
import type { Stretch } from './stretch.ts';
import { voteWords } from './vote-words.ts';

/** How the speech of a stretch is decoded again, whoever decodes it. */
export function describeDecode(
  { language }: Stretch,
  vocabulary: readonly string[],
  { windowFloor, beamSize, temperatures }: PipelineOptions['secondHearing'],
): Omit<DecodeSpan, 'samples' | 'channel' | 'fromSample' | 'model'> {
  return {
    ...{ kind: 'final', task: 'transcribe', language, languages: [], prefix: '' },
    ...{ windowFloor, beamSize, temperatures },
    prompt: buildPrompt(vocabulary, [], 0),
  };
}

/** What one or two models heard in a stretch. */
export interface HeardStretch {
  readonly hypothesis: Hypothesis;
  /** Of the other model, if there is one and it has answered. */
  readonly other?: Hypothesis | undefined;
}

export interface HearingConditions {
  /** What the VAD says about the stretch. */
  readonly evidence: SpanEvidence;
  readonly isOtherBetter: HearingModels['isOtherBetter'];
  /** That of Chinese where the sentences show none. */
  readonly script?: ChineseScript | undefined;
}

/** A sentence as it was heard again: its words where they are others, `same`, or `missed` where a voice got no words. */
export type SentenceHearing = readonly Word[] | 'same' | 'missed';

/**
 * How each sentence of a stretch was heard again. Returns undefined when the stretch was understood less than the first time.
 */
export function reviseStretch(
  stretch: Stretch,
  { hypothesis, other }: HeardStretch,
  { evidence, isOtherBetter, script }: HearingConditions,
): readonly SentenceHearing[] | undefined {
  const { sentences } = stretch;
  // The client may have asked for another script since: characters written in another way are no other words.
  const written = detectScript(sentences.map(({ words }) => joinWords(words)).join('')) ?? script;
  const words = joinHearings(
    selectBetterWords(stretch, withScript(hypothesis, written), evidence),
    other && selectBetterWords(stretch, other, evidence),
    isOtherBetter,
  );
  if (words === undefined) return undefined;
  const assigned = assignWords(
    sentences.map((sentence) => sentence.words),
    words,
  );
  return sentences.map(({ words: first, language }, i) => {
    const heard = assigned[i]!;
    if (heard.length === 0 && hasMissedSentence(first, words, evidence)) return 'missed';
    return saysOther(first, heard, language) ? keepEdges(first, heard, language) : 'same';
  });
}

/** The words of a sentence where others were heard than at first. */
export const getRevisedWords = (hearing: SentenceHearing): readonly Word[] | undefined =>
  typeof hearing === 'string' ? undefined : hearing;

/** The better model has the first say. */
function joinHearings(
  words: readonly Word[] | undefined,
  others: readonly Word[] | undefined,
  isOtherBetter: boolean,
): readonly Word[] | undefined {
  if (words === undefined || others === undefined) return words ?? others;
  return isOtherBetter ? voteWords(others, words) : voteWords(words, others);
}

import type { StoredSentence, StoredTranscript, WireWord } from '../../../protocol/index.ts';
import { formatSentenceName } from '../../../transcript/index.ts';
import type { Word } from '../hypothesis.ts';
import { normaliseWord } from '../stable/words.ts';
import { msToSamples, SAMPLE_RATE } from '../time.ts';
import { getRevisedWords, type SentenceHearing } from './hear-stretch.ts';
import { type HeardSentence, type Stretch, StretchCollector, type StretchLength } from './stretch.ts';

/** One channel of one session of a stored transcript, as far as its audio is kept. */
export interface StoredChannel {
  readonly part: number;
  readonly channel: number;
  /** Where the session begins on the transcript's timeline, ms. */
  readonly fromMs: number;
  /** In the order in which they were spoken; at least one. */
  readonly sentences: readonly StoredSentence[];
}

/** Audio is kept in packets, and the times of words are not exact. */
const KEPT_TOLERANCE_MS = 500;
/** Audio before the first word that belongs to a sentence, because the times of words are not exact. */
const LEAD_SAMPLES = 0.3 * SAMPLE_RATE;
/** Silence after which speech counts as ended. Where it ended indeed is not stored. */
const PAUSE_SAMPLES = 0.3 * SAMPLE_RATE;
/** Hearings with fewer words in common are of other speech: the stored text is a translation, say. */
const COMMON_SHARE_MIN = 0.2;

/** The sentences of a transcript whose audio is kept; sessions for which `isOpen` returns true are left out. */
export function selectKeptSentences(
  { sentences, audio = [] }: Pick<StoredTranscript, 'sentences' | 'audio'>,
  isOpen: (part: number) => boolean,
): StoredChannel[] {
  const byChannel = new Map<string, StoredSentence[]>();
  for (const sentence of sentences) {
    const name = `${sentence.part}.${sentence.channel}`;
    const others = byChannel.get(name);
    if (others === undefined) byChannel.set(name, [sentence]);
    else others.push(sentence);
  }
  return audio
    .filter(({ part }) => !isOpen(part))
    .map(({ part, channel, fromMs, durationMs }) => ({
      ...{ part, channel, fromMs },
      sentences: (byChannel.get(`${part}.${channel}`) ?? [])
        .filter(({ toMs }) => toMs <= fromMs + durationMs + KEPT_TOLERANCE_MS)
        .sort((a, b) => a.sentence - b.sentence),
    }))
    .filter(({ sentences: kept }) => kept.length > 0);
}

/** Length of the sentences together, ms. */
export const sumDurations = (sentences: readonly Pick<StoredSentence, 'fromMs' | 'toMs'>[]): number =>
  sentences.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, toMs - fromMs), 0);

/** Puts the sentences of a channel together into stretches, as `StretchCollector` does while they are spoken. */
export function collectStretches(
  { sentences, fromMs }: StoredChannel,
  words: ReadonlyMap<string, readonly WireWord[]>,
  length: StretchLength,
): Stretch[] {
  const collector = new StretchCollector(length);
  const stretches: (Stretch | undefined)[] = [];
  let end = 0;
  for (const sentence of sentences) {
    const first = toWords(sentence.text, words.get(formatSentenceName(sentence)) ?? [], fromMs);
    const [begin, last] = [first[0]?.from, first.at(-1)?.to];
    if (begin === undefined || last === undefined) continue;
    const from = Math.max(0, Math.min(begin, Math.max(end, begin - LEAD_SAMPLES)));
    if (begin - end >= PAUSE_SAMPLES) stretches.push(collector.settle(from));
    stretches.push(collector.add(toHeard(sentence, from, first)));
    end = last;
  }
  stretches.push(collector.end(Number.POSITIVE_INFINITY));
  return stretches.filter((stretch) => stretch !== undefined);
}

const toHeard = ({ sentence, language }: StoredSentence, from: number, words: readonly Word[]): HeardSentence => ({
  ...{ sentence, from, words, language },
});

/** Stored words with their positions in the session, and with the spaces that the text has before them. */
function toWords(text: string, words: readonly WireWord[], atMs: number): Word[] {
  let end = 0;
  return words.map((word) => {
    const at = Math.max(end, text.indexOf(word.text, end));
    const space = at === 0 || /\s/.test(text[at - 1]!);
    end = at + word.text.length;
    const [from, to] = [msToSamples(word.fromMs - atMs), msToSamples(word.toMs - atMs)];
    return { text: word.text, space, from, to, confidence: word.confidence };
  });
}

/** Whether what was heard again can be the speech whose text is stored. */
export function hasWordsInCommon(
  { sentences }: Pick<Stretch, 'sentences'>,
  hearings: readonly SentenceHearing[],
): boolean {
  const first = sentences.flatMap(({ words }) => words.map(({ text }) => normaliseWord(text)));
  const heard = new Set(
    sentences.flatMap(({ words }, i) =>
      (getRevisedWords(hearings[i]!) ?? words).map(({ text }) => normaliseWord(text)),
    ),
  );
  return first.filter((word) => heard.has(word)).length >= COMMON_SHARE_MIN * first.length;
}

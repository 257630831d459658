import type { Hypothesis, Word } from '../hypothesis.ts';
import { SAMPLE_RATE } from '../time.ts';
import { removeEchoes, removeLoops, type SpeechSpan } from './loops.ts';
import { joinWords, normaliseWord } from './words.ts';

/** Words that were removed from a decode, and why. Always reported as a `suppressed` notice. */
export interface SuppressedWords {
  readonly reason: 'no-speech' | 'repetition' | 'rate' | 'phantom' | 'silence';
  readonly words: readonly Word[];
}

export interface RejectionResult {
  readonly words: readonly Word[];
  readonly suppressed: readonly SuppressedWords[];
}

/** What the audio signal says about the decoded span. */
export interface SpanEvidence extends SpeechSpan {
  /** Highest VAD probability in the span. */
  readonly peakProbability: number;
  /** RMS of the loudest window in the span, 0-1. */
  readonly peakLevel: number;
  /** Whether the span has only begun: a clear voice, and a more confident decode, may still come. */
  readonly early: boolean;
}

const WORDS_PER_SECOND_MAX = 8;
const NO_SPEECH = 0.6;
const DOUBTFUL_LOG_PROBABILITY = -1;
/** A hum written with at least this many letters is not how people write a sound of their own. */
const HUM_LETTERS = 8;
/**
 * A span in which the VAD probability never reaches this is faint: of 245 sentences, spoken and synthesised, all but one
 * exceeded it somewhere, and of the calls of birds and whales none.
 */
const FAINT_PROBABILITY = 0.9;

/**
 * Phrases Whisper writes into silence and noise, in the languages it was trained on most. They are dropped only when they
 * are all there is on weak audio, because people do say "thank you".
 */
const PHANTOMS: ReadonlySet<string> = new Set(
  [
    'you',
    'thank you',
    'thanks',
    'bye',
    'okay',
    'oh',
    'so',
    'hmm',
    'thank you for watching',
    'thanks for watching',
    'thank you very much',
    'please subscribe',
    'subtitles by the amara org community',
    'music',
    'applause',
    'laughter',
    'silence',
    'blank audio',
    'untertitel der amara org community',
    'untertitelung des zdf 2020',
    'vielen dank',
    'danke',
    'sous titres réalisés para la communauté d amara org',
    'merci',
    'subtítulos realizados por la comunidad de amara org',
    'gracias',
    'obrigado',
    'legendas pela comunidade amara org',
    'ご視聴ありがとうございました',
    '謝謝觀看',
    '谢谢观看',
    '字幕by索兰娅',
  ].map(normaliseWord),
);

/** Removes from a decode what nobody said. */
export function rejectHallucinations(hypothesis: Hypothesis, evidence: SpanEvidence): RejectionResult {
  const suppressed: SuppressedWords[] = [];
  let words = hypothesis.words;
  const drop = (reason: SuppressedWords['reason'], dropped: readonly Word[], kept: readonly Word[]): void => {
    if (dropped.length > 0) suppressed.push({ reason, words: dropped });
    words = kept;
  };

  // Either alone is common on real speech; both together are not.
  if (hypothesis.noSpeech > NO_SPEECH && hypothesis.averageLogProbability < DOUBTFUL_LOG_PROBABILITY) {
    drop('no-speech', words, []);
  }
  const signs = words.filter((word) => isSoundTag(word.text));
  if (signs.length > 0)
    drop(
      'phantom',
      signs,
      words.filter((word) => !isSoundTag(word.text)),
    );
  const echoes = removeEchoes(words);
  drop('repetition', echoes.dropped, echoes.kept);
  const loops = removeLoops(words, hypothesis, evidence);
  drop('repetition', loops.dropped, loops.kept);
  const spoken = words.filter((word) => !isUnvoiced(word, evidence));
  drop(
    'silence',
    words.filter((word) => !spoken.includes(word)),
    spoken,
  );
  if (isTooFast(words, evidence)) drop('rate', words, []);
  if (isHum(words) || isFaint(words, hypothesis, evidence) || isPhantom(words, hypothesis, evidence))
    drop('phantom', words, []);
  return { words, suppressed };
}

/** `[Music]`, `(laughs)`, `♪`: descriptions of sounds, not words. */
function isSoundTag(text: string): boolean {
  return /^[[(*♪].*[\])*♪][.,]?$/u.test(text) || /^[♪♫🎵\s]+$/u.test(text);
}

/**
 * `MMMMM MMM`, `Woooo`, `S- S-S-`: the sound of a whale, an engine or a bird, written in letters. People who say "mmm", or
 * who begin a word twice and go on, are not affected.
 */
function isHum(words: readonly Word[]): boolean {
  const letters = words.map(({ text }) => text.toLowerCase().replace(/\P{L}/gu, '')).filter((text) => text !== '');
  if (letters.length === 0) return false;
  if (letters.every((text) => /(\p{L})\1{3,}/u.test(text))) return true;
  const all = letters.join('');
  if (!/^(\p{L})\1+$/u.test(all)) return false;
  return all.length >= HUM_LETTERS || words.every(({ text }) => text.includes('-'));
}

/**
 * `S S S`, `Mmm`, `Ooh`, or words the decoder is not sure of, without a clear voice anywhere: a call, a horn, a creak. With a
 * clear voice, the same is somebody humming or spelling.
 */
function isFaint(words: readonly Word[], hypothesis: Hypothesis, evidence: SpanEvidence): boolean {
  if (words.length === 0 || evidence.peakProbability >= FAINT_PROBABILITY) return false;
  if (words.every(({ text }) => isInterjection(text))) return true;
  const unsure = hypothesis.noSpeech > 0.5 || hypothesis.averageLogProbability < DOUBTFUL_LOG_PROBABILITY;
  return unsure && !evidence.early;
}

/** A single letter of a script whose words have more, or a sound that people make before they speak. */
function isInterjection(text: string): boolean {
  return /^(?:[\p{Lu}\p{Ll}]|[mh]{2,}|[oua]+h+)$/iu.test(normaliseWord(text));
}

/** A word without any voice near it. Word times jitter, so its surroundings count. */
function isUnvoiced(word: Word, evidence: SpanEvidence): boolean {
  const margin = 0.25 * SAMPLE_RATE;
  return evidence.countVoiced(word.from - margin, word.to + margin) === 0;
}

/** More words than anybody can say in the time with a voice. Characters of scripts without spaces come faster. */
function isTooFast(words: readonly Word[], evidence: SpanEvidence): boolean {
  const first = words[0];
  const last = words.at(-1);
  const spaced = words.filter((word) => word.space).length;
  if (first === undefined || last === undefined || spaced < 8) return false;
  const margin = 0.5 * SAMPLE_RATE;
  const voiced = Math.max(evidence.countVoiced(first.from - margin, last.to + margin), last.to - first.from);
  return spaced / (voiced / SAMPLE_RATE) > WORDS_PER_SECOND_MAX;
}

function isPhantom(words: readonly Word[], hypothesis: Hypothesis, evidence: SpanEvidence): boolean {
  const first = words[0];
  const last = words.at(-1);
  if (first === undefined || last === undefined) return false;
  if (!PHANTOMS.has(normaliseWord(joinWords(words)))) return false;
  const weak = evidence.peakProbability < 0.8 || evidence.peakLevel < 0.01 || hypothesis.noSpeech > 0.4;
  const unsure = hypothesis.averageLogProbability < -0.6;
  return weak || unsure;
}

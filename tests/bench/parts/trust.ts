// How far the evidence for a word tells whether it is right, and whether it will stay: a logistic regression over the
// decodes of growing speech, whose weights stand in `server/core/stable/word-evidence.ts`. Errors are counted in folds of recordings.
import { fileURLToPath } from 'node:url';
import type { Word } from '../../../server/core/hypothesis.ts';
import { PIPELINE } from '../../../server/core/session/settings.ts';
import { StableWords } from '../../../server/core/stable/agreement.ts';
import { countOverlap } from '../../../server/core/stable/overlap.ts';
import {
  collectEvidence,
  type MatchedWord,
  matchPreviousDecode,
  toRegressionTerms,
  type WordEvidence,
} from '../../../server/core/stable/word-evidence.ts';
import { normaliseWord } from '../../../server/core/stable/words.ts';
import { type Recording, readRecordings } from '../../support/recordings.ts';
import { fit, predict, separation } from '../regression.ts';
import { decoderOf, decodeWhole, voicesOf } from '../replay-parts.ts';
import { replayRecordings } from '../replay-recordings.ts';
import { readArgs, table } from '../report.ts';

/** One word of one decode: what spoke for it, and what became of it. */
interface Case {
  readonly recording: number;
  readonly terms: readonly number[];
  readonly right: boolean;
  readonly stays: boolean;
}

/** How far the middles of one word may lie apart in two decodes, samples. */
const NEAR = 8_000;
const FOLDS = 5;

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    models: 'tiny.en,base',
    cache: '/tmp/sotto-replay',
    cost: '0.0002',
  });
  const cases: Case[] = [];
  for (const model of options['models']!.split(',')) {
    const recordings = options['data']!.split(',')
      .flatMap(readRecordings)
      .filter(
        ({ language, seconds }) =>
          seconds <= 29.5 && (language === 'en' || (!model.endsWith('.en') && language !== 'zxx')),
      );
    const decode = decoderOf(model, options['cache']!);
    const voices = await voicesOf(recordings);
    for (const [n, recording] of recordings.entries()) {
      const observed = await listen(recording, {
        decode,
        voice: voices.get(recording.file)!,
        cost: Number(options['cost']),
      });
      for (const one of observed) cases.push({ recording: n, ...one });
    }
  }
  const rows: (string | number)[][] = [['', 'base', ...TERMS, 'separation', 'confidence alone']];
  for (const question of ['right', 'stays'] as const) {
    const weights = fit(
      cases.map(({ terms }) => terms),
      cases.map((one) => one[question]),
    );
    rows.push([
      question,
      ...weights,
      inFolds(cases, question, (terms) => terms),
      inFolds(cases, question, ([sure]) => [sure!]),
    ]);
  }
  console.log(`${cases.length} words of decodes of growing speech, ${options['models']}\n${table(rows)}`);
  console.log('separation: how often, of two words, the one that is right (that stays) was given the greater chance.');
}

const TERMS = ['confidence', 'least', 'heard before', 'behind', 'span'];

/** Fitted on four fifths of the recordings, asked about the fifth. */
function inFolds(
  cases: readonly Case[],
  question: 'right' | 'stays',
  choose: (terms: readonly number[]) => readonly number[],
): number {
  const chances: number[] = [];
  const truths: boolean[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const known = cases.filter(({ recording }) => recording % FOLDS !== fold);
    const asked = cases.filter(({ recording }) => recording % FOLDS === fold);
    const weights = fit(
      known.map(({ terms }) => choose(terms)),
      known.map((one) => one[question]),
    );
    for (const one of asked) {
      chances.push(predict(weights, choose(one.terms)));
      truths.push(one[question]);
    }
  }
  return separation(chances, truths);
}

interface Tools {
  readonly decode: ReturnType<typeof decoderOf>;
  readonly voice: Float32Array;
  readonly cost: number;
}

interface Noted {
  readonly evidence: WordEvidence;
  readonly word: Word;
}

async function listen(recording: Recording, { decode, voice, cost }: Tools): Promise<Omit<Case, 'recording'>[]> {
  const noted: Noted[] = [];
  const restore = listenIn(noted);
  const { replayed } = await replayRecordings([recording], {
    decode,
    voices: new Map([[recording.file, voice]]),
    pipeline: PIPELINE,
    floors: { partial: 0, final: 512 },
    secondsPerFrame: cost,
    machine: '',
    streams: 1,
  }).finally(restore);
  const arrivals = replayed.flatMap((each) => each.arrivals);
  const whole = await decodeWhole(recording, decode);
  const finals = arrivals.flatMap(({ event }) => (event.type === 'final' ? event.words : []));
  const spokenSpans = finals.map(({ text, fromMs, toMs }) => ({ text, from: fromMs * 16, to: toMs * 16 }));
  return noted.map(({ evidence, word }) => ({
    terms: toRegressionTerms(evidence),
    right: isAmong(word, whole),
    stays: isAmong(word, spokenSpans),
  }));
}

/** Notes the evidence of every word that is not stable yet, as the session's own words see it. */
function listenIn(noted: Noted[]): () => void {
  const { push } = StableWords.prototype;
  const memory = new WeakMap<StableWords, readonly MatchedWord[]>();
  StableWords.prototype.push = function (hypothesis, span) {
    const matched = matchPreviousDecode(hypothesis, memory.get(this) ?? []);
    memory.set(this, matched);
    const known = countOverlap(this.stable, hypothesis);
    const evidence = collectEvidence(matched, known, span);
    for (const [i, each] of evidence.entries()) noted.push({ evidence: each, word: hypothesis[known + i]! });
    return push.call(this, hypothesis, span);
  };
  return () => {
    StableWords.prototype.push = push;
  };
}

function isAmong(
  word: Word,
  others: readonly { readonly text: string; readonly from: number; readonly to: number }[],
): boolean {
  return others.some(
    (other) =>
      normaliseWord(other.text) === normaliseWord(word.text) &&
      Math.abs(other.from + other.to - word.from - word.to) < 2 * NEAR,
  );
}

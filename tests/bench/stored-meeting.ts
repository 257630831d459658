import type { TranscriptAddition } from '../../server/ports/transcripts.ts';
import { randomFrom } from '../support/random.ts';

/** Additions that are written at once. */
const BATCH = 100;

/** A meeting of so many sentences, one every five seconds, with words as various as people's. */
export function meetingOf(seed: number, sentences: number): TranscriptAddition[][] {
  const random = randomFrom(seed + 1);
  const pick = (most: number): number => Math.floor(random() * most);
  const word = (): string => Array.from({ length: 2 + pick(7) }, () => 'etaoinshrdlucmfwypvbgk'[pick(22)]).join('');
  const vocabulary = Array.from({ length: 2_000 }, word);
  const sentence = (i: number): TranscriptAddition => {
    const texts = Array.from({ length: 8 + pick(14) }, () => vocabulary[pick(vocabulary.length)]!);
    const fromMs = i * 5_000;
    return {
      ...{ kind: 'final', channel: 0, sentence: i + 1, text: texts.join(' '), language: 'en', fromMs },
      toMs: fromMs + 4_500,
      words: texts.map((text, at) => ({
        text,
        fromMs: fromMs + at * 200,
        toMs: fromMs + at * 200 + 150,
        confidence: 0.9,
      })),
    };
  };
  const all = Array.from({ length: sentences }, (_, i) => sentence(i));
  return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, i) => all.slice(i * BATCH, (i + 1) * BATCH));
}

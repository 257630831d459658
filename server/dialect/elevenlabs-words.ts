import type { WireWord } from '../../protocol/index.ts';
import { chooseSeparator } from '../../transcript/index.ts';
import { toLogprob } from './openai-logprobs.ts';

/** The words of a text, and the spaces between them, which are entries of their own there. */
export function toElevenLabsWords(words: readonly WireWord[]): object[] {
  return words.flatMap((word, i) => {
    const before = words[i - 1];
    const text = word.text.trim();
    const start = word.fromMs / 1_000;
    const entry = { text, start, end: word.toMs / 1_000, type: 'word', logprob: roundLogprob(word.confidence) };
    const space = before === undefined ? '' : chooseSeparator(before.text.trim(), text);
    if (before === undefined || space === '') return [entry];
    return [{ text: space, start: before.toMs / 1_000, end: start, type: 'spacing', logprob: 0 }, entry];
  });
}

const roundLogprob = (confidence: number): number => Math.round(toLogprob(confidence) * 1e4) / 1e4;

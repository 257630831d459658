import type { Hypothesis } from '../hypothesis.ts';
import type { Reading } from '../speech/endpoint.ts';
import { joinWords } from '../stable/words.ts';
import type { Utterance } from './utterance.ts';

/** How growing speech reads: as its speculative decode says, or as it does on screen. `language` is the one in force. */
export function readUtterance({ phase, text }: Utterance, language: string | undefined): Reading {
  if (phase.kind !== 'speculationDecoded') return { text: text.text, confidence: undefined, language };
  const reading = readHypothesis(phase.hypothesis);
  return { ...reading, text: reading.text || text.text };
}

export function readHypothesis({ words, language }: Hypothesis): Reading {
  return { text: joinWords(words), confidence: words.at(-1)?.confidence ?? 1, language };
}

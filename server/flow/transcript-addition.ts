import type { ServerEvent, WireWord } from '../../protocol/index.ts';
import type { TranscriptAddition } from '../ports/transcripts.ts';

/** What an event adds to a transcript, if anything. `atMs` is where its session begins on the transcript's timeline. */
export function toAddition(event: ServerEvent, atMs: number): TranscriptAddition | undefined {
  switch (event.type) {
    case 'final': {
      const { channel, sentence, text, language, fromMs, toMs } = event;
      const words = event.words.map((word) => shiftWord(word, atMs));
      return { kind: 'final', channel, sentence, text, language, words, fromMs: fromMs + atMs, toMs: toMs + atMs };
    }
    case 'revised': {
      const { channel, sentence, text } = event;
      return { kind: 'revised', channel, sentence, text, words: event.words.map((word) => shiftWord(word, atMs)) };
    }
    case 'cleaned': {
      const { channel, sentence, text, revised } = event;
      return { kind: 'cleaned', channel, sentence, text, revised };
    }
    case 'translated': {
      const { channel, sentence, language, text } = event;
      return { kind: 'translated', channel, sentence, language, text };
    }
    case 'flushed':
    case 'done':
      return { kind: 'audio', audioMs: event.audioMs };
    default:
      return undefined;
  }
}

/** The word on a timeline on which its session begins at `ms`. */
export const shiftWord = (word: WireWord, ms: number): WireWord => ({
  ...word,
  fromMs: word.fromMs + ms,
  toMs: word.toMs + ms,
});

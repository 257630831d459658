import type { ServerEvent } from '../../protocol/index.ts';
import type { TranscriptAddition } from '../ports/transcripts.ts';

/** What an event adds to a transcript, if anything. `atMs` is where its session begins on the transcript's timeline. */
export function toAddition(event: ServerEvent, atMs: number): TranscriptAddition | undefined {
  switch (event.type) {
    case 'final': {
      const { channel, sentence, text, language, fromMs, toMs } = event;
      const words = event.words.map((word) => ({ ...word, fromMs: word.fromMs + atMs, toMs: word.toMs + atMs }));
      return { kind: 'final', channel, sentence, text, language, words, fromMs: fromMs + atMs, toMs: toMs + atMs };
    }
    case 'cleaned': {
      const { channel, sentence, text } = event;
      return { kind: 'cleaned', channel, sentence, text };
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

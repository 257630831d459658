import { createHash } from 'node:crypto';
import type { WireWord } from '../../protocol/index.ts';
import type { DialectContext } from '../ports/dialect.ts';
import { bareOf, plain } from './plain-text.ts';

/** One `Results` before it is written. */
export interface Result {
  readonly channel: number;
  readonly channels: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly text: string;
  readonly words: readonly WireWord[];
  readonly punctuated: boolean;
  readonly isFinal: boolean;
  readonly speechFinal: boolean;
  readonly fromFinalize: boolean;
  /** Told where several may be spoken. */
  readonly language: string | undefined;
}

/** Times are seconds from the start of the stream; a range goes on where the last final range ended. */
export function resultsFrame(result: Result, context: DialectContext): string {
  const { punctuated } = result;
  const words = wordsOf(result.words, punctuated);
  return JSON.stringify({
    type: 'Results',
    channel_index: [result.channel, result.channels],
    duration: seconds(result.toMs - result.fromMs),
    start: seconds(result.fromMs),
    is_final: result.isFinal,
    speech_final: result.speechFinal,
    channel: {
      alternatives: [
        {
          transcript: punctuated ? result.text.trim() : plain(result.text),
          confidence: confidenceOf(words),
          ...(result.language === undefined ? { words } : toldIn(result.language, words)),
        },
      ],
    },
    metadata: { request_id: context.id, model_info: modelInfo(context.model), model_uuid: uuidOf(context.model) },
    from_finalize: result.fromFinalize,
  });
}

function toldIn(language: string, words: readonly object[]): object {
  return { languages: [language], words: words.map((word) => ({ ...word, language })) };
}

export function wordsOf(words: readonly WireWord[], punctuated: boolean) {
  return words.flatMap((word) => {
    const bare = bareOf(word.text);
    if (bare === '') return [];
    const times = { start: seconds(word.fromMs), end: seconds(word.toMs), confidence: word.confidence };
    return [{ word: bare, ...times, ...(punctuated ? { punctuated_word: word.text.trim() } : {}) }];
  });
}

export function confidenceOf(words: readonly { readonly confidence: number }[]): number {
  const sum = words.reduce((total, { confidence }) => total + confidence, 0);
  return words.length === 0 ? 0 : Math.round((sum / words.length) * 1e4) / 1e4;
}

/** What was transcribed, and with what. */
export interface Stream {
  readonly sha256: string;
  readonly durationMs: number;
  readonly channels: number;
}

/** The last message of a stream. */
export function metadataFrame(context: DialectContext, stream: Stream): string {
  return JSON.stringify({ type: 'Metadata', ...metadataOf(context, stream) });
}

export function metadataOf(context: DialectContext, stream: Stream): object {
  const uuid = uuidOf(context.model);
  return {
    transaction_key: 'deprecated',
    request_id: context.id,
    sha256: stream.sha256,
    created: new Date(context.nowMs).toISOString(),
    duration: seconds(stream.durationMs),
    channels: stream.channels,
    models: [uuid],
    model_info: { [uuid]: modelInfo(context.model) },
  };
}

export const seconds = (ms: number): number => Math.round(ms) / 1_000;

function modelInfo(model: string): object {
  return { name: model, version: '1', arch: 'whisper' };
}

/** A model has a name here, and there an id of this form; one name always gives one id. */
function uuidOf(model: string): string {
  const hex = createHash('sha256').update(model).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

import { createHash } from 'node:crypto';
import type { WireWord } from '../../protocol/index.ts';
import type { DialectContext } from '../ports/dialect.ts';
import { toBareWord, toPlainText } from './plain-text.ts';

/** One `Results` message before it is serialised. */
export interface DeepgramResult {
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
  /** Set when the response is to name the language. */
  readonly language: string | undefined;
}

/** Times are seconds from the start of the stream; a range begins where the last final range ended. */
export function buildResultsFrame(result: DeepgramResult, context: DialectContext): string {
  const { punctuated } = result;
  const words = toDeepgramWords(result.words, punctuated);
  return JSON.stringify({
    type: 'Results',
    channel_index: [result.channel, result.channels],
    duration: toSeconds(result.toMs - result.fromMs),
    start: toSeconds(result.fromMs),
    is_final: result.isFinal,
    speech_final: result.speechFinal,
    channel: {
      alternatives: [
        {
          transcript: punctuated ? result.text.trim() : toPlainText(result.text),
          confidence: averageConfidence(words),
          ...(result.language === undefined ? { words } : addLanguage(result.language, words)),
        },
      ],
    },
    metadata: {
      request_id: context.id,
      model_info: describeModel(context.model),
      model_uuid: deriveUuid(context.model),
    },
    from_finalize: result.fromFinalize,
  });
}

function addLanguage(language: string, words: readonly object[]): object {
  return { languages: [language], words: words.map((word) => ({ ...word, language })) };
}

export function toDeepgramWords(words: readonly WireWord[], punctuated: boolean) {
  return words.flatMap((word) => {
    const bare = toBareWord(word.text);
    if (bare === '') return [];
    const times = { start: toSeconds(word.fromMs), end: toSeconds(word.toMs), confidence: word.confidence };
    return [{ word: bare, ...times, ...(punctuated ? { punctuated_word: word.text.trim() } : {}) }];
  });
}

export function averageConfidence(words: readonly { readonly confidence: number }[]): number {
  const sum = words.reduce((total, { confidence }) => total + confidence, 0);
  return words.length === 0 ? 0 : Math.round((sum / words.length) * 1e4) / 1e4;
}

/** The stream as described in the metadata. */
export interface StreamInfo {
  readonly sha256: string;
  readonly durationMs: number;
  readonly channels: number;
}

/** The last message of a stream. */
export function buildMetadataFrame(context: DialectContext, stream: StreamInfo): string {
  return JSON.stringify({ type: 'Metadata', ...buildMetadata(context, stream) });
}

export function buildMetadata(context: DialectContext, stream: StreamInfo): object {
  const uuid = deriveUuid(context.model);
  return {
    transaction_key: 'deprecated',
    request_id: context.id,
    sha256: stream.sha256,
    created: new Date(context.nowMs).toISOString(),
    duration: toSeconds(stream.durationMs),
    channels: stream.channels,
    models: [uuid],
    model_info: { [uuid]: describeModel(context.model) },
  };
}

export const toSeconds = (ms: number): number => Math.round(ms) / 1_000;

function describeModel(model: string): object {
  return { name: model, version: '1', arch: 'whisper' };
}

/** Deepgram identifies a model by a UUID; the same name always gives the same one. */
function deriveUuid(model: string): string {
  const hex = createHash('sha256').update(model).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

import { deflateSync } from 'node:zlib';
import { type EventOf, toPrintable } from '../../protocol/index.ts';
import { buildCues, joinSentences, renderSrt, renderVtt, withLeadingSpace } from '../../transcript/index.ts';
import type { OpenAiFileOptions } from './openai-file-options.ts';
import { buildLogprobs, toLogprob } from './openai-logprobs.ts';

export type Sentence = Pick<EventOf<'final'>, 'text' | 'words' | 'fromMs' | 'toMs' | 'language'>;

const LANGUAGE_NAMES = new Intl.DisplayNames(['en'], { type: 'language' });

const joinTexts = (sentences: readonly Sentence[]): string => joinSentences(sentences.map(({ text }) => text.trim()));

/** The whole response in the requested format. */
export function buildAnswer(sentences: readonly Sentence[], audioMs: number, options: OpenAiFileOptions): string {
  const spoken = sentences.filter(({ text }) => text.trim() !== '');
  switch (options.format) {
    case 'json':
      return JSON.stringify({
        text: joinTexts(spoken),
        ...(options.logprobs ? { logprobs: buildAllLogprobs(spoken) } : {}),
        usage: buildUsage(audioMs),
      });
    case 'text':
      return `${toPrintable(joinTexts(spoken))}\n`;
    case 'srt':
      return renderSrt(buildCues(spoken));
    case 'vtt':
      return renderVtt(buildCues(spoken));
    case 'verbose_json':
      return JSON.stringify(buildVerboseJson(spoken, audioMs, options));
    case 'diarized_json':
      return JSON.stringify({
        task: 'transcribe',
        duration: audioMs / 1_000,
        text: joinTexts(spoken),
        segments: spoken.map((sentence, i) => buildDiarizedSegment(sentence, i + 1)),
        usage: buildUsage(audioMs),
      });
  }
}

function buildVerboseJson(sentences: readonly Sentence[], audioMs: number, options: OpenAiFileOptions): object {
  return {
    task: options.start.task,
    language: getLanguageName(
      options.start.task === 'translate' ? 'en' : (sentences[0]?.language ?? options.start.language ?? 'en'),
    ),
    duration: audioMs / 1_000,
    text: joinTexts(sentences),
    ...(options.segments
      ? { segments: sentences.map((sentence, i) => buildSegment(sentence, i, sentences[i - 1])) }
      : {}),
    ...(options.words
      ? {
          words: sentences.flatMap(({ words }) =>
            words.map((word) => ({
              word: stripPunctuation(word.text),
              start: word.fromMs / 1_000,
              end: word.toMs / 1_000,
            })),
          ),
        }
      : {}),
    usage: buildUsage(audioMs),
  };
}

/** The label of every speaker, because voices are not told apart: the first that is given there. */
const SPEAKER = 'A';

/** `seg_001` and so on. */
export const nameSegment = (number: number): string => `seg_${String(number).padStart(3, '0')}`;

/** A segment of `diarized_json`, which is also an event of its stream. Segments are counted from 1. */
export function buildDiarizedSegment({ text, fromMs, toMs }: Sentence, number: number): object {
  return {
    ...{ type: 'transcript.text.segment', id: nameSegment(number) },
    ...{ start: fromMs / 1_000, end: toMs / 1_000, text: text.trim(), speaker: SPEAKER },
  };
}

function buildAllLogprobs(sentences: readonly Sentence[]): object[] {
  let before = '';
  return sentences.flatMap((sentence) => {
    const logprobs = buildLogprobs(sentence, before);
    before = joinSentences([before, sentence.text]);
    return logprobs;
  });
}

/** Clients check that each of these ten fields is there and of its type; what is unknown gets a neutral value. */
export function buildSegment(sentence: Sentence, id: number, before: Sentence | undefined) {
  const text = withLeadingSpace(sentence.text, before?.text.trim());
  const sum = sentence.words.reduce((total, { confidence }) => total + toLogprob(confidence), 0);
  const raw = Buffer.from(text);
  return {
    id,
    seek: 0,
    start: sentence.fromMs / 1_000,
    end: sentence.toMs / 1_000,
    text,
    tokens: [],
    temperature: 0,
    avg_logprob: sentence.words.length === 0 ? 0 : round(sum / sentence.words.length),
    compression_ratio: round(raw.length / deflateSync(raw).length),
    no_speech_prob: 0,
  };
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;

/** The billing unit there: whole seconds. */
export function buildUsage(audioMs: number): object {
  return { type: 'duration', seconds: Math.ceil(audioMs / 1_000) };
}

/** The English name of a language: `english`, not `en`. */
export function getLanguageName(code: string): string {
  try {
    return (LANGUAGE_NAMES.of(code) ?? code).toLowerCase();
  } catch {
    return code;
  }
}

/** A word without the punctuation around it, as it is listed there. */
function stripPunctuation(word: string): string {
  return word.trim().replace(/^[^\p{L}\p{N}$€£%]+|[^\p{L}\p{N}$€£%]+$/gu, '') || word.trim();
}

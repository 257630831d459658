import { deflateSync } from 'node:zlib';
import { type EventOf, toPrintable } from '../../protocol/index.ts';
import { buildCues, renderSrt, renderVtt } from '../../transcript/index.ts';
import type { OpenAiFileOptions } from './openai-file-options.ts';
import { joinSentences } from './plain-text.ts';

type Sentence = Pick<EventOf<'final'>, 'text' | 'words' | 'fromMs' | 'toMs' | 'language'>;

const NAMES = new Intl.DisplayNames(['en'], { type: 'language' });

const textOf = (sentences: readonly Sentence[]): string => joinSentences(sentences.map(({ text }) => text.trim()));

/** The whole answer in the format that was asked for. */
export function buildAnswer(sentences: readonly Sentence[], audioMs: number, wishes: OpenAiFileOptions): string {
  const said = sentences.filter(({ text }) => text.trim() !== '');
  switch (wishes.format) {
    case 'json':
      return JSON.stringify({ text: textOf(said), usage: buildUsage(audioMs) });
    case 'text':
      return `${toPrintable(textOf(said))}\n`;
    case 'srt':
      return renderSrt(buildCues(said));
    case 'vtt':
      return renderVtt(buildCues(said));
    case 'verbose_json':
      return JSON.stringify(verbose(said, audioMs, wishes));
  }
}

function verbose(sentences: readonly Sentence[], audioMs: number, wishes: OpenAiFileOptions): object {
  return {
    task: wishes.start.task,
    language: nameOf(
      wishes.start.task === 'translate' ? 'en' : (sentences[0]?.language ?? wishes.start.language ?? 'en'),
    ),
    duration: audioMs / 1_000,
    text: textOf(sentences),
    ...(wishes.segments ? { segments: sentences.map(segmentOf) } : {}),
    ...(wishes.words
      ? {
          words: sentences.flatMap(({ words }) =>
            words.map((word) => ({ word: bare(word.text), start: word.fromMs / 1_000, end: word.toMs / 1_000 })),
          ),
        }
      : {}),
    usage: buildUsage(audioMs),
  };
}

/** Clients check that every one of these ten is there and of its type; what we do not know is a plausible nothing. */
function segmentOf(sentence: Sentence, id: number): object {
  const text = ` ${sentence.text.trim()}`;
  const sum = sentence.words.reduce((total, { confidence }) => total + Math.log(Math.max(confidence, 1e-4)), 0);
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

/** What is billed there: whole seconds. */
export function buildUsage(audioMs: number): object {
  return { type: 'duration', seconds: Math.ceil(audioMs / 1_000) };
}

/** `english`, not `en`. */
function nameOf(code: string): string {
  try {
    return (NAMES.of(code) ?? code).toLowerCase();
  } catch {
    return code;
  }
}

/** A word as it is listed there: without the marks around it. */
function bare(word: string): string {
  return word.trim().replace(/^[^\p{L}\p{N}$€£%]+|[^\p{L}\p{N}$€£%]+$/gu, '') || word.trim();
}

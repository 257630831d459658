import {
  describeValue,
  type EventOf,
  Fault,
  type ServerEvent,
  type Start,
  type WireWord,
} from '../../protocol/index.ts';
import { joinSentences } from '../../transcript/index.ts';
import type { CloseFrames, Dialect, DialectSession, FrameResult, WireFrame } from '../ports/dialect.ts';
import { readBinaryMessage, readFields } from './json-frame.ts';
import { limitVocabulary } from './limit-vocabulary.ts';
import { toBareWord, toPlainText } from './plain-text.ts';
import { readUrlToken } from './url-token.ts';
import { WavStream } from './wav-stream.ts';

const EMPTY_RESULT: FrameResult = { replies: [], commands: [] };
/** What vosk-server assumes when the client does not say. */
const SAMPLE_RATE = 8_000;
/** Results that wait to be the answer to a frame; more are merged. */
const RESULTS_MAX = 20;

/** vosk-server's protocol: one answer to each frame of audio, because its clients wait for it. */
export const voskDialect: Dialect = {
  name: 'vosk',
  subprotocol: () => undefined,
  credential: ({ url }) => readUrlToken(url),
  open: () => new VoskSession(),
};

/** The speech between two silences. */
interface Utterance {
  readonly texts: readonly string[];
  readonly words: readonly WireWord[];
}

const EMPTY_UTTERANCE: Utterance = { texts: [], words: [] };

export class VoskSession implements DialectSession {
  readonly lifetime = 'connection';
  #phase: 'waiting' | 'streaming' | 'ended' = 'waiting';
  #config: { readonly words: boolean; readonly alternatives: number; readonly punctuated: boolean } = {
    words: true,
    alternatives: 0,
    punctuated: false,
  };
  #startCommand: Start = createStart(SAMPLE_RATE);
  readonly #wav = new WavStream();
  #results: Utterance[] = [];
  #utterance: Utterance = EMPTY_UTTERANCE;
  /** The sentence in progress. */
  #partialText = '';

  greet(): FrameResult {
    return EMPTY_RESULT;
  }

  read(frame: WireFrame): FrameResult {
    if (this.#phase === 'ended') return EMPTY_RESULT;
    if (typeof frame === 'string') return this.#readMessage(frame);
    const message = readBinaryMessage(frame, ['config', 'eof', 'reset']);
    if (message !== undefined) return this.#readMessage(message);
    const bytes = this.#wav.push(frame);
    const audio = bytes.length === 0 ? [] : [{ type: 'audio' as const, bytes }];
    const commands = this.#wav.isDetecting ? [] : [...this.#start(), ...audio];
    const result = this.#results.shift();
    return { replies: [result === undefined ? this.#renderPartial() : this.#renderUtterance(result)], commands };
  }

  /** Nothing is sent unprompted: clients would take it for the answer to their next frame. */
  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'partial':
        this.#partialText = event.stable + event.tentative;
        return [];
      case 'final':
        this.#addFinal(event);
        return [];
      case 'settled':
        if (this.#utterance.texts.length > 0) this.#results.push(this.#utterance);
        if (this.#results.length > RESULTS_MAX) this.#results = [mergeUtterances(this.#results)];
        this.#utterance = EMPTY_UTTERANCE;
        this.#partialText = '';
        return [];
      case 'flushed':
      case 'done':
        return [this.#renderRemaining()];
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    return { frames: [], status, reason };
  }

  #readMessage(text: string): FrameResult {
    const { config, eof, reset } = readFields(text);
    if (typeof config === 'object' && config !== null) return this.#configure(config as Record<string, unknown>);
    if (eof) {
      const commands = [...this.#start(), { type: 'finish' as const }];
      this.#phase = 'ended';
      return { replies: [], commands };
    }
    return reset ? { replies: [], commands: [...this.#start(), { type: 'flush' }] } : EMPTY_RESULT;
  }

  /** Has no answer. As there, the sample rate only counts before the first audio. */
  #configure(config: Readonly<Record<string, unknown>>): FrameResult {
    this.#config = {
      words: config['words'] === undefined ? this.#config.words : Boolean(config['words']),
      alternatives: toNumber(config['max_alternatives'] ?? this.#config.alternatives) || 0,
      punctuated: config['punctuate'] === undefined ? this.#config.punctuated : Boolean(config['punctuate']),
    };
    const terms = config['phrase_list'];
    const vocabulary = Array.isArray(terms) ? limitVocabulary(terms.filter((term) => typeof term === 'string')) : {};
    if (this.#phase === 'streaming') return { replies: [], commands: [{ type: 'configure', ...vocabulary }] };
    const rate =
      config['sample_rate'] === undefined ? this.#startCommand.audio!.sampleRate : toNumber(config['sample_rate']);
    if (!Number.isInteger(rate) || rate < 8_000 || rate > 48_000) {
      const got = describeValue(config['sample_rate']);
      throw new Fault('command.option', { name: 'sample_rate', got, want: '8000 to 48000' });
    }
    this.#startCommand = { ...this.#startCommand, ...createStart(rate), ...vocabulary };
    return EMPTY_RESULT;
  }

  /** The session starts with the first audio, because only then its configuration is complete. A WAV header knows best. */
  #start(): readonly Start[] {
    if (this.#phase !== 'waiting') return [];
    this.#phase = 'streaming';
    const { format } = this.#wav;
    return [
      format === undefined ? this.#startCommand : { ...this.#startCommand, audio: { ...format, channelMode: 'mix' } },
    ];
  }

  #addFinal(event: EventOf<'final'>): void {
    this.#utterance = {
      texts: [...this.#utterance.texts, event.text],
      words: [...this.#utterance.words, ...event.words],
    };
    this.#partialText = '';
  }

  /** Everything said that was not sent yet. */
  #renderRemaining(): string {
    const remaining = mergeUtterances([...this.#results, this.#utterance]);
    this.#results = [];
    this.#utterance = EMPTY_UTTERANCE;
    this.#partialText = '';
    return this.#renderUtterance(remaining);
  }

  #renderPartial(): string {
    return JSON.stringify({ partial: this.#formatText(joinSentences([...this.#utterance.texts, this.#partialText])) });
  }

  #renderUtterance(result: Utterance): string {
    const text = this.#formatText(joinSentences(result.texts));
    const { words, alternatives } = this.#config;
    const list = result.words.flatMap(({ text, fromMs, toMs, confidence }) => {
      const word = this.#config.punctuated ? text.trim() : toBareWord(text);
      const times = { end: toMs / 1_000, start: fromMs / 1_000 };
      return word === '' ? [] : [alternatives > 0 ? { ...times, word } : { conf: confidence, ...times, word }];
    });
    const shown = words && text !== '' ? { result: list } : {};
    if (alternatives === 0) return JSON.stringify({ ...shown, text });
    const sum = result.words.reduce((total, { confidence }) => total + confidence, 0);
    return JSON.stringify({ alternatives: [{ confidence: sum, ...shown, text }] });
  }

  #formatText(text: string): string {
    return this.#config.punctuated ? text.trim() : toPlainText(text);
  }
}

function createStart(sampleRate: number): Start {
  return {
    type: 'start',
    audio: { encoding: 'pcm_s16le', sampleRate, channels: 1, channelMode: 'mix' },
    partials: { mode: 'revisable' },
    // The protocol has no later revisions, so cleaning would serve nobody.
    cleanup: { mode: 'off' },
  };
}

function mergeUtterances(results: readonly Utterance[]): Utterance {
  return { texts: results.flatMap(({ texts }) => texts), words: results.flatMap(({ words }) => words) };
}

/** Reads a number, or one written as text; anything else, however deeply nested, is NaN. */
function toNumber(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

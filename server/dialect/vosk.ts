import {
  describeValue,
  type EventOf,
  Fault,
  type ServerEvent,
  type Start,
  type WireWord,
} from '../../protocol/index.ts';
import type { CloseFrames, Dialect, DialectSession, FrameResult, WireFrame } from '../ports/dialect.ts';
import { readFields } from './json-frame.ts';
import { limitVocabulary } from './limit-vocabulary.ts';
import { joinSentences, toBareWord, toPlainText } from './plain-text.ts';
import { readUrlToken } from './url-token.ts';
import { stripWavHeader } from './wav-header.ts';

const NOTHING: FrameResult = { replies: [], commands: [] };
/** What vosk-server takes for granted when nobody says. */
const SAMPLE_RATE = 8_000;
/** Results that wait for a frame to be the answer of; more become one. */
const RESULTS_MAX = 20;

/** vosk-server's protocol: one answer for each frame of audio, because its clients wait for it. */
export const voskDialect: Dialect = {
  name: 'vosk',
  subprotocol: () => undefined,
  credential: ({ url }) => readUrlToken(url),
  open: () => new VoskSession(),
};

/** What was said between two silences. */
interface Result {
  readonly texts: readonly string[];
  readonly words: readonly WireWord[];
}

const EMPTY: Result = { texts: [], words: [] };

export class VoskSession implements DialectSession {
  readonly lifetime = 'connection';
  #life: 'waiting' | 'streaming' | 'ended' = 'waiting';
  #config: { readonly words: boolean; readonly alternatives: number; readonly punctuated: boolean } = {
    words: true,
    alternatives: 0,
    punctuated: false,
  };
  #start: Start = startOf(SAMPLE_RATE);
  #results: Result[] = [];
  #open: Result = EMPTY;
  /** The sentence that is being said. */
  #heard = '';

  greet(): FrameResult {
    return NOTHING;
  }

  read(frame: WireFrame): FrameResult {
    if (this.#life === 'ended') return NOTHING;
    if (typeof frame === 'string') return this.#message(frame);
    const bytes = this.#life === 'waiting' ? stripWavHeader(frame) : frame;
    const commands = [...this.#begin(), { type: 'audio' as const, bytes }];
    const result = this.#results.shift();
    return { replies: [result === undefined ? this.#partial() : this.#written(result)], commands };
  }

  /** Nothing is said that was not asked for: an answer that nobody waits for would be taken for that of the next frame. */
  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'partial':
        this.#heard = event.stable + event.tentative;
        return [];
      case 'final':
        this.#final(event);
        return [];
      case 'settled':
        if (this.#open.texts.length > 0) this.#results.push(this.#open);
        if (this.#results.length > RESULTS_MAX) this.#results = [together(this.#results)];
        this.#open = EMPTY;
        this.#heard = '';
        return [];
      case 'flushed':
      case 'done':
        return [this.#rest()];
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    return { frames: [], status, reason };
  }

  #message(text: string): FrameResult {
    const { config, eof, reset } = readFields(text);
    if (typeof config === 'object' && config !== null) return this.#configure(config as Record<string, unknown>);
    if (eof) {
      const commands = [...this.#begin(), { type: 'finish' as const }];
      this.#life = 'ended';
      return { replies: [], commands };
    }
    return reset ? { replies: [], commands: [...this.#begin(), { type: 'flush' }] } : NOTHING;
  }

  /** Has no answer. The sample rate counts only before the first audio, as there. */
  #configure(config: Readonly<Record<string, unknown>>): FrameResult {
    this.#config = {
      words: config['words'] === undefined ? this.#config.words : Boolean(config['words']),
      alternatives: numberOf(config['max_alternatives'] ?? this.#config.alternatives) || 0,
      punctuated: config['punctuate'] === undefined ? this.#config.punctuated : Boolean(config['punctuate']),
    };
    const terms = config['phrase_list'];
    const expected = Array.isArray(terms) ? limitVocabulary(terms.filter((term) => typeof term === 'string')) : {};
    if (this.#life === 'streaming') return { replies: [], commands: [{ type: 'configure', ...expected }] };
    const rate = config['sample_rate'] === undefined ? this.#start.audio!.sampleRate : numberOf(config['sample_rate']);
    if (!Number.isInteger(rate) || rate < 8_000 || rate > 48_000) {
      const got = describeValue(config['sample_rate']);
      throw new Fault('command.option', { name: 'sample_rate', got, want: '8000 to 48000' });
    }
    this.#start = { ...this.#start, ...startOf(rate), ...expected };
    return NOTHING;
  }

  /** A session starts with the first audio, for only then nothing more is configured. */
  #begin(): readonly Start[] {
    if (this.#life !== 'waiting') return [];
    this.#life = 'streaming';
    return [this.#start];
  }

  #final(event: EventOf<'final'>): void {
    this.#open = { texts: [...this.#open.texts, event.text], words: [...this.#open.words, ...event.words] };
    this.#heard = '';
  }

  /** Everything that was said and not yet told. */
  #rest(): string {
    const rest = together([...this.#results, this.#open]);
    this.#results = [];
    this.#open = EMPTY;
    this.#heard = '';
    return this.#written(rest);
  }

  #partial(): string {
    return JSON.stringify({ partial: this.#styled(joinSentences([...this.#open.texts, this.#heard])) });
  }

  #written(result: Result): string {
    const text = this.#styled(joinSentences(result.texts));
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

  #styled(text: string): string {
    return this.#config.punctuated ? text.trim() : toPlainText(text);
  }
}

function startOf(sampleRate: number): Start {
  return {
    type: 'start',
    audio: { encoding: 'pcm_s16le', sampleRate, channels: 1, channelMode: 'mix' },
    partials: { mode: 'revisable' },
    // There is no word for a later revision, so nothing is cleaned for nobody.
    cleanup: { mode: 'off' },
  };
}

function together(results: readonly Result[]): Result {
  return { texts: results.flatMap(({ texts }) => texts), words: results.flatMap(({ words }) => words) };
}

/** A number or one written as text; anything else, however deep it is nested, is none. */
function numberOf(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

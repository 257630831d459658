import type { EventOf, ServerEvent, WireWord } from '../../protocol/index.ts';
import { joinSentences } from '../../transcript/index.ts';
import { toSeconds } from './deepgram-results.ts';

/** A `TurnInfo` message without the fields that every message has. */
export interface TurnInfo {
  readonly event: 'StartOfTurn' | 'Update' | 'EagerEndOfTurn' | 'TurnResumed' | 'EndOfTurn';
  readonly turn_index: number;
  /** Seconds of the stream. */
  readonly audio_window_start: number;
  readonly audio_window_end: number;
  readonly transcript: string;
  readonly words: readonly {
    readonly word: string;
    readonly confidence: number;
    readonly start: number;
    readonly end: number;
  }[];
  readonly end_of_turn_confidence: number;
  /** Of `EndOfTurn` alone. */
  readonly trigger?: 'model' | 'manual' | 'timeout';
  readonly languages?: readonly string[];
}

/** How the stream is configured now. */
export interface TurnConditions {
  readonly eotThreshold: number;
  /** Whether the client has asked for the end of the turn. */
  readonly isForced: boolean;
  /** Whether the client has closed the stream. That ends no turn in the original: its text comes as an `Update`. */
  readonly isClosing: boolean;
}

/** Every message has all words of its turn: one that lasts longer ends with its next sentence, or where speech is cut. */
const TURN_MS_MAX = 300_000;

interface Part {
  readonly text: string;
  readonly words: readonly WireWord[];
}

/** Speech that is not settled yet. */
interface Span {
  readonly startMs: number;
  readonly end?: EventOf<'speech'>;
}

const NOTHING: Part = { text: '', words: [] };

/**
 * The turns of a speaker: what is said from one endpoint to the next, also where speech was cut because of its length. A turn starts
 * with its first words, so that noise is none.
 */
export class FluxTurns {
  #index = 0;
  #isOpen = false;
  #startMs = 0;
  /** How far the audio is known. */
  #endMs = 0;
  #finals: EventOf<'final'>[] = [];
  /** What follows the finals. */
  #rest = NOTHING;
  #spans: Span[] = [];
  /** The turn goes on in the speech that begins next. */
  #isContinued = false;

  /** The messages for an event of the session. */
  read(event: ServerEvent, conditions: TurnConditions): readonly TurnInfo[] {
    switch (event.type) {
      case 'speech':
        return this.#noteSpeech(event);
      case 'partial':
        this.#reach(event.toMs);
        this.#rest = { text: event.stable + event.tentative, words: event.words };
        return this.#update();
      case 'final':
        this.#reach(event.toMs);
        this.#finals.push(event);
        this.#rest = NOTHING;
        return this.#isLong && this.#spans[0]?.end === undefined
          ? [...this.#open(), ...this.#end('timeout', 0)]
          : this.#open();
      case 'turn':
        return this.#readTurn(event);
      case 'ack':
        // Between its end and its last final, the text of a turn is incomplete.
        return this.#isOpen && this.#spans[0]?.end === undefined ? [this.#describe('Update', 0)] : [];
      case 'settled':
        return this.#settle(conditions);
      default:
        return [];
    }
  }

  #noteSpeech(event: EventOf<'speech'>): readonly TurnInfo[] {
    this.#reach(event.atMs);
    if (event.state === 'start') {
      this.#spans.push({ startMs: event.atMs });
      if (this.#spans.length === 1 && !this.#isContinued) this.#startMs = event.atMs;
      return [];
    }
    this.#spans = this.#spans.map((span, i) => (i === this.#spans.length - 1 ? { ...span, end: event } : span));
    return [];
  }

  #readTurn({ state, atMs, text = '', words = [], confidence = 0 }: EventOf<'turn'>): readonly TurnInfo[] {
    this.#reach(atMs);
    if (state === 'resumed') return [this.#describe('TurnResumed', 0)];
    this.#rest = { text, words };
    return [...this.#open(), this.#describe('EagerEndOfTurn', confidence)];
  }

  #settle({ eotThreshold, isForced, isClosing }: TurnConditions): readonly TurnInfo[] {
    const { continues, confidence } = this.#spans.shift()?.end ?? {};
    this.#rest = NOTHING;
    this.#isContinued = continues === true && !this.#isLong;
    if (this.#isContinued) return [];
    const isSure = confidence !== undefined && confidence >= eotThreshold;
    const trigger = isForced ? 'manual' : isSure ? 'model' : 'timeout';
    const infos = this.#end(isClosing && confidence === undefined ? undefined : trigger, confidence ?? 0);
    const [next] = this.#spans;
    if (next !== undefined) this.#startMs = next.startMs;
    return infos;
  }

  /** Ends the turn, if one is open; without a `trigger` its text is an `Update`. */
  #end(trigger: TurnInfo['trigger'], confidence: number): readonly TurnInfo[] {
    const info = this.#describe(trigger === undefined ? 'Update' : 'EndOfTurn', confidence);
    const infos = this.#isOpen ? [{ ...info, ...(trigger === undefined ? {} : { trigger }) }] : [];
    this.#index += infos.length;
    this.#isOpen = false;
    this.#finals = [];
    this.#startMs = this.#endMs;
    return infos;
  }

  get #isLong(): boolean {
    return this.#endMs - this.#startMs >= TURN_MS_MAX;
  }

  #reach(ms: number): void {
    this.#endMs = Math.max(this.#endMs, ms);
  }

  /** Starts the turn, unless it has started or nothing is said yet. */
  #open(): readonly TurnInfo[] {
    if (this.#isOpen || this.#transcript === '') return [];
    this.#isOpen = true;
    return [this.#describe('StartOfTurn', 0)];
  }

  #update(): readonly TurnInfo[] {
    return this.#isOpen ? [this.#describe('Update', 0)] : this.#open();
  }

  get #transcript(): string {
    return joinSentences([...this.#finals.map(({ text }) => text), this.#rest.text]);
  }

  #describe(event: TurnInfo['event'], confidence: number): TurnInfo {
    const words = [...this.#finals.flatMap((final) => final.words), ...this.#rest.words];
    const languages = [...new Set(this.#finals.map(({ language }) => language))];
    return {
      event,
      turn_index: this.#index,
      audio_window_start: toSeconds(this.#startMs),
      audio_window_end: toSeconds(this.#endMs),
      transcript: this.#transcript,
      words: words.map(({ text, confidence, fromMs, toMs }) => ({
        ...{ word: text.trim(), confidence, start: toSeconds(fromMs), end: toSeconds(toMs) },
      })),
      end_of_turn_confidence: confidence,
      ...(languages.length === 0 ? {} : { languages }),
    };
  }
}

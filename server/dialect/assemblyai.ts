import { type EventOf, isFault, LIMITS, type ServerEvent, type WireWord } from '../../protocol/index.ts';
import { joinSentences } from '../../transcript/index.ts';
import type {
  CloseFrames,
  Dialect,
  DialectContext,
  DialectSession,
  EncodedFormat,
  FrameResult,
  WireFrame,
} from '../ports/dialect.ts';
import { buildCloseFrames, buildErrorFrame, toAssemblyAiCode } from './assemblyai-faults.ts';
import { type AssemblyAiStart, parseSettings, parseStart } from './assemblyai-settings.ts';
import { alignCleanedWords } from './cleaned-words.ts';
import { readBinaryMessage, readFields } from './json-frame.ts';
import { toBareWord, toPlainText } from './plain-text.ts';
import { WavStream } from './wav-stream.ts';

const EMPTY_RESULT: FrameResult = { replies: [], commands: [] };

/** AssemblyAI's streaming protocol, `/v3/ws`. Its transcript only ever grows, and is sent again with formatting. */
export const assemblyaiDialect: Dialect = {
  name: 'assemblyai',
  subprotocol: () => undefined,
  // Keys stay out of URLs, which end up in logs. A token is short-lived, and a browser has no other way.
  credential: ({ url }) => {
    const token = new URLSearchParams(url.split('?')[1] ?? '').get('token');
    return token?.startsWith('ey') === true ? token : undefined;
  },
  open({ url }, context) {
    try {
      return new AssemblyaiSession(parseStart(url), context);
    } catch (error) {
      if (isFault(error)) return error;
      throw error;
    }
  },
  // Its clients treat any HTTP status as a broken network and retry.
  reject: (fault) => () => ({
    frames: [buildErrorFrame(fault.code, fault.message)],
    status: toAssemblyAiCode(fault.code),
    reason: fault.code,
  }),
};

interface Sentence {
  readonly final: EventOf<'final'>;
  /** Whether it will be cleaned. */
  readonly formatted: boolean;
  cleaned?: EventOf<'cleaned'>;
}

/** The speech between two silences. */
interface Turn {
  readonly order: number;
  readonly sentences: Sentence[];
}

type Word = WireWord & { readonly isFinal: boolean };

class AssemblyaiSession implements DialectSession {
  readonly lifetime = 'connection';
  readonly #options: AssemblyAiStart;
  readonly #context: DialectContext;
  /** Some clients send a WAV file as it is. */
  readonly #wav: WavStream | undefined;
  #formatTurns: boolean;
  #turn: Turn = { order: 0, sentences: [] };
  /** Turns that have ended and wait to be formatted. */
  #unformatted: Turn[] = [];
  #isShowing = false;
  #isTerminating = false;

  constructor(options: AssemblyAiStart, context: DialectContext) {
    this.#options = options;
    this.#context = context;
    this.#formatTurns = options.formatTurns;
    this.#wav = options.encoded === undefined ? new WavStream(options.start.audio) : undefined;
  }

  get encoded(): EncodedFormat | undefined {
    return this.#options.encoded;
  }

  greet(): FrameResult {
    const expires_at = Math.floor(this.#context.nowMs / 1_000) + LIMITS.sessionMinutesMax * 60;
    return {
      replies: [JSON.stringify({ type: 'Begin', id: this.#context.id, expires_at })],
      commands: [this.#options.start],
    };
  }

  read(frame: WireFrame): FrameResult {
    if (this.#isTerminating) return EMPTY_RESULT;
    if (typeof frame === 'string') return this.#readMessage(frame);
    const message = readBinaryMessage(frame, ['type']);
    if (message !== undefined) return this.#readMessage(message);
    const bytes = this.#wav?.push(frame) ?? frame;
    return { replies: [], commands: bytes.length === 0 ? [] : [{ type: 'audio', bytes }] };
  }

  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'speech':
        return event.state === 'start' ? [JSON.stringify({ type: 'SpeechStarted', timestamp: event.atMs })] : [];
      case 'partial':
        return this.#renderPartial(event);
      case 'final':
        this.#turn.sentences.push({ final: event, formatted: this.#formatTurns });
        return [this.#renderTurn({ utterance: toPlainText(event.text) })];
      case 'settled':
        return this.#endTurn();
      case 'cleaned':
        return this.#applyCleaning(event);
      case 'done':
        return [this.#renderTermination(event.audioMs)];
      case 'fault':
        if (event.fatal) return [buildErrorFrame(event.code, event.text)];
        return [JSON.stringify({ type: 'Warning', warning_code: toAssemblyAiCode(event.code), warning: event.text })];
      default:
        return [];
    }
  }

  end(status: number, reason: string): CloseFrames {
    return buildCloseFrames(status, reason);
  }

  #readMessage(text: string): FrameResult {
    const fields = readFields(text);
    switch (fields['type']) {
      case 'KeepAlive':
        return { replies: [], commands: [{ type: 'keepalive' }] };
      case 'ForceEndpoint':
        return { replies: [], commands: [{ type: 'flush' }] };
      case 'UpdateConfiguration': {
        const { change, formatTurns } = parseSettings(fields);
        this.#formatTurns = formatTurns ?? this.#formatTurns;
        return { replies: [], commands: [{ type: 'configure', ...change }] };
      }
      case 'Terminate':
        this.#isTerminating = true;
        return { replies: [], commands: [{ type: 'finish' }] };
      default:
        return EMPTY_RESULT;
    }
  }

  #renderPartial(event: EventOf<'partial'>): readonly WireFrame[] {
    if (event.words.length === 0 && !this.#isShowing) return [];
    this.#isShowing = event.words.length > 0;
    const words = event.words.map((word, i) => ({ ...word, isFinal: i < event.stableWords }));
    return [this.#renderTurn({ stable: event.stable, words })];
  }

  #endTurn(): readonly WireFrame[] {
    const turn = this.#turn;
    this.#isShowing = false;
    if (turn.sentences.length === 0) return [];
    const frame = this.#renderTurn({ utterance: toPlainText(joinTurn(turn)), isEnd: true });
    this.#turn = { order: turn.order + 1, sentences: [] };
    if (!turn.sentences.some(({ formatted }) => formatted)) return [frame];
    this.#unformatted.push(turn);
    return [frame, ...this.#formatTurnsInOrder()];
  }

  #applyCleaning(event: EventOf<'cleaned'>): readonly WireFrame[] {
    for (const { sentences } of [this.#turn, ...this.#unformatted]) {
      const sentence = sentences.find(({ final }) => final.sentence === event.sentence);
      if (sentence !== undefined) sentence.cleaned = event;
    }
    return this.#formatTurnsInOrder();
  }

  /** Formats the turns whose sentences are all cleaned, in order. */
  #formatTurnsInOrder(): readonly WireFrame[] {
    const frames: WireFrame[] = [];
    for (let turn = this.#unformatted[0]; turn !== undefined; turn = this.#unformatted[0]) {
      if (turn.sentences.some(({ formatted, cleaned }) => formatted && cleaned === undefined)) break;
      this.#unformatted.shift();
      const transcript = joinSentences(turn.sentences.map(({ final, cleaned }) => (cleaned ?? final).text));
      const words = turn.sentences.flatMap(({ final, cleaned }) =>
        cleaned === undefined ? final.words : alignCleanedWords(final.text, final.words, cleaned.changes),
      );
      frames.push(
        buildTurnFrame(turn, {
          ...{ isFormatted: true, isEnd: true, transcript, utterance: transcript },
          words: words.map((word) => ({ ...word, text: word.text.trim(), isFinal: true })),
        }),
      );
    }
    return frames;
  }

  /** The open turn as spoken: its finals, and the words of the sentence after them. */
  #renderTurn(parts: {
    readonly stable?: string;
    readonly words?: readonly Word[];
    readonly utterance?: string;
    readonly isEnd?: boolean;
  }): string {
    const { stable = '', words = [], utterance = '', isEnd = false } = parts;
    const finalWords = this.#turn.sentences.flatMap(({ final }) =>
      final.words.map((word) => ({ ...word, isFinal: true })),
    );
    const bareWords = [...finalWords, ...words].flatMap((word) => {
      const text = toBareWord(word.text);
      return text === '' ? [] : [{ ...word, text }];
    });
    const transcript = toPlainText(joinSentences([joinTurn(this.#turn), stable]));
    return buildTurnFrame(this.#turn, { isFormatted: false, isEnd, transcript, utterance, words: bareWords });
  }

  /** The session's duration is given in audio time, too: a dialect has no other clock. */
  #renderTermination(audioMs: number): string {
    const seconds = Math.round(audioMs / 1_000);
    return JSON.stringify({
      type: 'Termination',
      audio_duration_seconds: seconds,
      session_duration_seconds: seconds,
    });
  }
}

const joinTurn = (turn: Turn): string => joinSentences(turn.sentences.map(({ final }) => final.text));

interface TurnContent {
  readonly isFormatted: boolean;
  readonly isEnd: boolean;
  readonly transcript: string;
  readonly utterance: string;
  readonly words: readonly Word[];
}

function buildTurnFrame({ order, sentences }: Turn, content: TurnContent): string {
  const language = content.isEnd ? sentences[0]?.final.language : undefined;
  return JSON.stringify({
    type: 'Turn',
    turn_order: order,
    turn_is_formatted: content.isFormatted,
    end_of_turn: content.isEnd,
    transcript: content.transcript,
    // The server decides whether a turn is over, so this is not a guess.
    end_of_turn_confidence: content.isEnd ? 1 : 0,
    words: content.words.map(({ text, fromMs, toMs, confidence, isFinal }) => ({
      ...{ start: fromMs, end: toMs, text, confidence, word_is_final: isFinal },
    })),
    utterance: content.utterance,
    ...(language === undefined ? {} : { language_code: language }),
  });
}

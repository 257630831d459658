import { type EventOf, isFault, LIMITS, type ServerEvent, type WireWord } from '../../protocol/index.ts';
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
import { readFields } from './json-frame.ts';
import { joinSentences, toBareWord, toPlainText } from './plain-text.ts';

const NOTHING: FrameResult = { replies: [], commands: [] };

/** AssemblyAI's streaming protocol, `/v3/ws`. Its transcript only ever grows, and comes again with formatting. */
export const assemblyaiDialect: Dialect = {
  name: 'assemblyai',
  subprotocol: () => undefined,
  // Keys stay out of URLs, which end in logs; a token is short-lived, and a browser has no other way.
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
  // Its clients take any HTTP status for a broken network and try again.
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

/** What was said between two silences. */
interface Turn {
  readonly order: number;
  readonly sentences: Sentence[];
}

type Word = WireWord & { readonly isFinal: boolean };

class AssemblyaiSession implements DialectSession {
  readonly lifetime = 'connection';
  readonly #opening: AssemblyAiStart;
  readonly #context: DialectContext;
  #formatTurns: boolean;
  #turn: Turn = { order: 0, sentences: [] };
  /** Turns that are over and wait to be formatted. */
  #unformatted: Turn[] = [];
  #shown = false;
  #terminating = false;

  constructor(opening: AssemblyAiStart, context: DialectContext) {
    this.#opening = opening;
    this.#context = context;
    this.#formatTurns = opening.formatTurns;
  }

  get encoded(): EncodedFormat | undefined {
    return this.#opening.encoded;
  }

  greet(): FrameResult {
    const expires_at = Math.floor(this.#context.nowMs / 1_000) + LIMITS.sessionMinutesMax * 60;
    return {
      replies: [JSON.stringify({ type: 'Begin', id: this.#context.id, expires_at })],
      commands: [this.#opening.start],
    };
  }

  read(frame: WireFrame): FrameResult {
    if (this.#terminating) return NOTHING;
    if (typeof frame === 'string') return this.#message(frame);
    return { replies: [], commands: [{ type: 'audio', bytes: frame }] };
  }

  write(event: ServerEvent): readonly WireFrame[] {
    switch (event.type) {
      case 'speech':
        return event.state === 'start' ? [JSON.stringify({ type: 'SpeechStarted', timestamp: event.atMs })] : [];
      case 'partial':
        return this.#partial(event);
      case 'final':
        this.#turn.sentences.push({ final: event, formatted: this.#formatTurns });
        return [this.#raw({ utterance: toPlainText(event.text) })];
      case 'settled':
        return this.#settled();
      case 'cleaned':
        return this.#cleaned(event);
      case 'done':
        return [this.#termination(event.audioMs)];
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

  #message(text: string): FrameResult {
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
        this.#terminating = true;
        return { replies: [], commands: [{ type: 'finish' }] };
      default:
        return NOTHING;
    }
  }

  #partial(event: EventOf<'partial'>): readonly WireFrame[] {
    if (event.words.length === 0 && !this.#shown) return [];
    this.#shown = event.words.length > 0;
    const words = event.words.map((word, i) => ({ ...word, isFinal: i < event.stableWords }));
    return [this.#raw({ stable: event.stable, words })];
  }

  #settled(): readonly WireFrame[] {
    const turn = this.#turn;
    this.#shown = false;
    if (turn.sentences.length === 0) return [];
    const frame = this.#raw({ utterance: toPlainText(textOf(turn)), isEnd: true });
    this.#turn = { order: turn.order + 1, sentences: [] };
    if (!turn.sentences.some(({ formatted }) => formatted)) return [frame];
    this.#unformatted.push(turn);
    return [frame, ...this.#format()];
  }

  #cleaned(event: EventOf<'cleaned'>): readonly WireFrame[] {
    for (const { sentences } of [this.#turn, ...this.#unformatted]) {
      const sentence = sentences.find(({ final }) => final.sentence === event.sentence);
      if (sentence !== undefined) sentence.cleaned = event;
    }
    return this.#format();
  }

  /** Turns whose sentences are all cleaned, in order. */
  #format(): readonly WireFrame[] {
    const frames: WireFrame[] = [];
    for (let turn = this.#unformatted[0]; turn !== undefined; turn = this.#unformatted[0]) {
      if (turn.sentences.some(({ formatted, cleaned }) => formatted && cleaned === undefined)) break;
      this.#unformatted.shift();
      const transcript = joinSentences(turn.sentences.map(({ final, cleaned }) => (cleaned ?? final).text));
      const words = turn.sentences.flatMap(({ final, cleaned }) =>
        cleaned === undefined ? final.words : alignCleanedWords(final.text, final.words, cleaned.changes),
      );
      frames.push(
        turnFrame(turn, {
          ...{ isFormatted: true, isEnd: true, transcript, utterance: transcript },
          words: words.map((word) => ({ ...word, text: word.text.trim(), isFinal: true })),
        }),
      );
    }
    return frames;
  }

  /** The open turn as it was said: its finals, and what is heard of the sentence after them. */
  #raw(more: {
    readonly stable?: string;
    readonly words?: readonly Word[];
    readonly utterance?: string;
    readonly isEnd?: boolean;
  }): string {
    const { stable = '', words = [], utterance = '', isEnd = false } = more;
    const said = this.#turn.sentences.flatMap(({ final }) => final.words.map((word) => ({ ...word, isFinal: true })));
    const bare = [...said, ...words].flatMap((word) => {
      const text = toBareWord(word.text);
      return text === '' ? [] : [{ ...word, text }];
    });
    const transcript = toPlainText(joinSentences([textOf(this.#turn), stable]));
    return turnFrame(this.#turn, { isFormatted: false, isEnd, transcript, utterance, words: bare });
  }

  /** Seconds of audio stand for the session's, too: a session knows no other clock. */
  #termination(audioMs: number): string {
    const seconds = Math.round(audioMs / 1_000);
    return JSON.stringify({
      type: 'Termination',
      audio_duration_seconds: seconds,
      session_duration_seconds: seconds,
    });
  }
}

const textOf = (turn: Turn): string => joinSentences(turn.sentences.map(({ final }) => final.text));

interface Said {
  readonly isFormatted: boolean;
  readonly isEnd: boolean;
  readonly transcript: string;
  readonly utterance: string;
  readonly words: readonly Word[];
}

function turnFrame({ order, sentences }: Turn, said: Said): string {
  const language = said.isEnd ? sentences[0]?.final.language : undefined;
  return JSON.stringify({
    type: 'Turn',
    turn_order: order,
    turn_is_formatted: said.isFormatted,
    end_of_turn: said.isEnd,
    transcript: said.transcript,
    // Whether a turn is over is decided here, not guessed at.
    end_of_turn_confidence: said.isEnd ? 1 : 0,
    words: said.words.map(({ text, fromMs, toMs, confidence, isFinal }) => ({
      ...{ start: fromMs, end: toMs, text, confidence, word_is_final: isFinal },
    })),
    utterance: said.utterance,
    ...(language === undefined ? {} : { language_code: language }),
  });
}

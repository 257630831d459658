import type { Hypothesis } from '../hypothesis.ts';
import { type DecodeFindings, forNextSentence, NO_FINDINGS, withoutLanguage } from './decode-findings.ts';
import type { LeftContext } from './left-context.ts';

/** A decode of everything up to a pause or to the end of the speech. Positions are samples. */
export interface FinalRequest {
  readonly job: number;
  readonly from: number;
  readonly to: number;
  readonly language: string;
  readonly leftContext: LeftContext | undefined;
}

/** Where speech ended. `at` may lie before `lastVoice` when it was cut. */
export interface SpeechEnd {
  readonly at: number;
  /** One past the last window with a voice in it. */
  readonly lastVoice: number;
}

/** Audio copied out of the ring, which may move on before the decode starts. */
export interface RetainedAudio {
  readonly from: number;
  readonly samples: Float32Array;
}

/**
 * How far the decoding of an utterance has come. While its speech goes on, one partial at a time may be under way, or,
 * in a pause, a speculative final: a decode of everything so far, asked for before the end is sure. Once the speech has
 * ended that decode is its final one, and its audio is kept.
 */
export type DecodePhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'partialRequested'; readonly job: number }
  | {
      readonly kind: 'partialRunning';
      readonly job: number;
      readonly to: number;
      readonly leftContext: LeftContext | undefined;
      /** Length of the pause that its audio ends in, if it was begun in one, samples. */
      readonly pause?: number | undefined;
    }
  /** A decode up to a pause that goes on being wanted as a partial, because the speaker went on; its audio is that of `request`. */
  | { readonly kind: 'pauseRequested'; readonly request: FinalRequest; readonly pause: number }
  | { readonly kind: 'speculationRequested'; readonly request: FinalRequest }
  | { readonly kind: 'speculationRunning'; readonly request: FinalRequest }
  | { readonly kind: 'speculationDecoded'; readonly request: FinalRequest; readonly hypothesis: Hypothesis }
  /** Restored after a restart with its final decode still to be requested, up to `finalTo`, once its audio is back. */
  | { readonly kind: 'awaitingAudio'; readonly end: SpeechEnd; readonly finalTo: number }
  | {
      readonly kind: 'finalRequested';
      readonly end: SpeechEnd;
      readonly request: FinalRequest;
      readonly audio: RetainedAudio;
    }
  | {
      readonly kind: 'finalRunning';
      readonly end: SpeechEnd;
      readonly request: FinalRequest;
      readonly audio: RetainedAudio;
    }
  /** Nothing more will be decoded; without a `decode` the words that are stable already are all there is. */
  | {
      readonly kind: 'complete';
      readonly end: SpeechEnd;
      readonly decode: { readonly request: FinalRequest; readonly hypothesis: Hypothesis } | undefined;
    }
  | { readonly kind: 'published'; readonly end: SpeechEnd };

/** The decode life of one utterance, as one immutable value. Only `applyMove` makes the next. */
export interface DecodeState {
  readonly phase: DecodePhase;
  /** Where the open sentence, and so the decode window, begins; samples. */
  readonly sentenceStart: number;
  /** How far the newest partial reached, samples. */
  readonly decodedTo: number;
  readonly findings: DecodeFindings;
}

/** What can happen to the decoding of an utterance. A move that answers a decode also carries what it showed. */
export type DecodeMove =
  | { readonly kind: 'requestPartial'; readonly job: number }
  /** A slot is free: the partial's audio reaches up to `to`. */
  | {
      readonly kind: 'startPartial';
      readonly to: number;
      readonly leftContext: LeftContext | undefined;
      readonly findings: DecodeFindings;
    }
  | { readonly kind: 'readPartial'; readonly findings: DecodeFindings }
  /** The partial is not wanted any more, or was not decoded. */
  | { readonly kind: 'dropPartial'; readonly findings?: DecodeFindings }
  /** For the first time, or again when the last answer was no use. `audio` is given when it has not been kept yet. */
  | {
      readonly kind: 'requestFinal';
      readonly request: FinalRequest;
      readonly audio?: RetainedAudio;
      readonly findings?: DecodeFindings;
    }
  | { readonly kind: 'startFinal'; readonly findings: DecodeFindings }
  | { readonly kind: 'readFinal'; readonly hypothesis: Hypothesis; readonly findings: DecodeFindings }
  /** The final cannot be decoded. */
  | { readonly kind: 'setAside'; readonly findings: DecodeFindings }
  /** The speaker goes on after a pause. */
  | { readonly kind: 'resume' }
  /** The same after a pause of so many samples, and the decode up to it is still wanted. */
  | { readonly kind: 'keepPause'; readonly pause: number }
  /** A sentence left at the front; the next begins at `at`. */
  | { readonly kind: 'beginSentence'; readonly at: number }
  /** The speech is over. `audio` is that of the final decode, if one is under way. */
  | { readonly kind: 'end'; readonly end: SpeechEnd; readonly audio: RetainedAudio | undefined }
  /** Which languages are expected has changed: what was detected before counts no more. */
  | { readonly kind: 'forgetLanguage' }
  | { readonly kind: 'publish' };

type PhaseName = DecodePhase['kind'];
type MoveName = DecodeMove['kind'];
type PhaseOf<Name extends PhaseName> = Extract<DecodePhase, { readonly kind: Name }>;
type MoveOf<Name extends MoveName> = Extract<DecodeMove, { readonly kind: Name }>;

/** Legal moves by phase, each with the phase it leads to. What is not listed is illegal. */
type Table = {
  readonly [From in PhaseName]: {
    readonly [Move in MoveName]?: (phase: PhaseOf<From>, move: MoveOf<Move>) => DecodePhase;
  };
};

const toIdle = (): DecodePhase => ({ kind: 'idle' });
const same = (phase: DecodePhase): DecodePhase => phase;
const toSpeculation = (_: DecodePhase, { request }: MoveOf<'requestFinal'>): DecodePhase => ({
  kind: 'speculationRequested',
  request,
});
/** What a decode up to a pause says of the speech before it is what a partial would say. */
const toPausePartial = ({ job, to, leftContext }: FinalRequest, pause: number): DecodePhase => ({
  ...{ kind: 'partialRunning', job, to, leftContext, pause },
});
const again = (
  { end, audio }: PhaseOf<'finalRequested' | 'finalRunning'>,
  { request }: MoveOf<'requestFinal'>,
): DecodePhase => ({ kind: 'finalRequested', end, request, audio });
const toUndecoded = ({ end }: PhaseOf<'finalRequested' | 'finalRunning'>): DecodePhase => ({
  kind: 'complete',
  end,
  decode: undefined,
});

export const DECODE_TABLE: Table = {
  idle: {
    requestPartial: (_, { job }) => ({ kind: 'partialRequested', job }),
    requestFinal: toSpeculation,
    beginSentence: same,
    end: (_, { end }) => ({ kind: 'complete', end, decode: undefined }),
    forgetLanguage: same,
  },
  partialRequested: {
    startPartial: ({ job }, { to, leftContext }) => ({ kind: 'partialRunning', job, to, leftContext }),
    dropPartial: toIdle,
    forgetLanguage: same,
  },
  partialRunning: { readPartial: toIdle, dropPartial: toIdle, forgetLanguage: same },
  pauseRequested: {
    startFinal: ({ request, pause }) => toPausePartial(request, pause),
    dropPartial: toIdle,
    forgetLanguage: same,
  },
  speculationRequested: {
    startFinal: ({ request }) => ({ kind: 'speculationRunning', request }),
    requestFinal: toSpeculation,
    resume: toIdle,
    keepPause: ({ request }, { pause }) => ({ kind: 'pauseRequested', request, pause }),
    setAside: toIdle,
    end: ({ request }, { end, audio }) => ({ kind: 'finalRequested', end, request, audio: required(audio) }),
    forgetLanguage: same,
  },
  speculationRunning: {
    readFinal: ({ request }, { hypothesis }) => ({ kind: 'speculationDecoded', request, hypothesis }),
    requestFinal: toSpeculation,
    resume: toIdle,
    keepPause: ({ request }, { pause }) => toPausePartial(request, pause),
    setAside: toIdle,
    end: ({ request }, { end, audio }) => ({ kind: 'finalRunning', end, request, audio: required(audio) }),
    forgetLanguage: same,
  },
  speculationDecoded: {
    resume: toIdle,
    end: ({ request, hypothesis }, { end }) => ({ kind: 'complete', end, decode: { request, hypothesis } }),
    forgetLanguage: same,
  },
  awaitingAudio: {
    requestFinal: ({ end }, { request, audio }) => ({ kind: 'finalRequested', end, request, audio: required(audio) }),
    forgetLanguage: same,
  },
  finalRequested: {
    startFinal: (phase) => ({ ...phase, kind: 'finalRunning' }),
    requestFinal: again,
    setAside: toUndecoded,
    forgetLanguage: same,
  },
  finalRunning: {
    readFinal: ({ end, request }, { hypothesis }) => ({ kind: 'complete', end, decode: { request, hypothesis } }),
    requestFinal: again,
    setAside: toUndecoded,
    forgetLanguage: same,
  },
  complete: { publish: ({ end }) => ({ kind: 'published', end }), forgetLanguage: same },
  published: {},
};

/** A move that the table does not list. It is a bug of the session, which ends with it. */
export class IllegalDecodeMove extends Error {
  constructor(phase: PhaseName, move: MoveName | 'read') {
    super(`An utterance's decoding cannot ${move} in phase ${phase}.`);
    this.name = 'IllegalDecodeMove';
  }
}

/** Speech that begins at the sample `start` and has not been decoded. */
export function newDecodeState(start: number): DecodeState {
  return { phase: { kind: 'idle' }, sentenceStart: start, decodedTo: start, findings: NO_FINDINGS };
}

/** The state after a move. Throws `IllegalDecodeMove`. */
export function applyMove(state: DecodeState, move: DecodeMove): DecodeState {
  const step = DECODE_TABLE[state.phase.kind][move.kind] as
    | ((phase: DecodePhase, move: DecodeMove) => DecodePhase)
    | undefined;
  if (step === undefined) throw new IllegalDecodeMove(state.phase.kind, move.kind);
  const next = { ...state, phase: step(state.phase, move) };
  switch (move.kind) {
    case 'startPartial':
      return { ...next, findings: move.findings, decodedTo: move.to };
    case 'beginSentence':
      return { ...next, sentenceStart: move.at, findings: forNextSentence(state.findings) };
    case 'forgetLanguage':
      return { ...next, findings: withoutLanguage(state.findings) };
    default:
      return 'findings' in move && move.findings !== undefined ? { ...next, findings: move.findings } : next;
  }
}

/** The job whose answer is awaited, if there is one. */
export function pendingJob({ phase }: DecodeState): number | undefined {
  switch (phase.kind) {
    case 'partialRequested':
    case 'partialRunning':
      return phase.job;
    case 'pauseRequested':
    case 'speculationRequested':
    case 'speculationRunning':
    case 'finalRequested':
    case 'finalRunning':
      return phase.request.job;
    default:
      return undefined;
  }
}

/** Where the speech ended; undefined while it goes on. */
export function endOf({ phase }: DecodeState): SpeechEnd | undefined {
  return 'end' in phase ? phase.end : undefined;
}

function required(audio: RetainedAudio | undefined): RetainedAudio {
  if (audio === undefined) throw new Error('The audio of a final decode was not kept.');
  return audio;
}

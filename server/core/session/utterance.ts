import { msToSamples } from '../time.ts';
import { NO_FINDINGS, withSentenceFindings } from './decode-findings.ts';
import {
  applyMove,
  type DecodeMove,
  type DecodePhase,
  type DecodeState,
  endOf,
  newDecodeState,
  pendingJob,
  type SpeechEnd,
} from './decode-state.ts';
import type { PipelineOptions } from './settings.ts';
import type { UtteranceSnapshot } from './snapshot.ts';
import { UtteranceText } from './utterance-text.ts';

/** One span of speech of one channel, from the gate's opening to the endpoint: what it says, and how its decoding stands. */
export class Utterance {
  readonly text: UtteranceText;
  #decode: DecodeState;

  /** Speech that begins at the sample `start`, or goes on from a snapshot after a restart. */
  constructor(pipeline: PipelineOptions, from: number | UtteranceSnapshot) {
    const snapshot = typeof from === 'number' ? undefined : from;
    this.text = new UtteranceText(commitOptions(pipeline.commit), pipeline.show, snapshot);
    this.#decode = typeof from === 'number' ? newDecodeState(from) : restoreDecode(from);
  }

  get decode(): DecodeState {
    return this.#decode;
  }

  get phase(): DecodePhase {
    return this.#decode.phase;
  }

  /** Where the open sentence begins, samples. */
  get sentenceStart(): number {
    return this.#decode.sentenceStart;
  }

  /** Where the speech ended; undefined while it goes on. */
  get end(): SpeechEnd | undefined {
    return endOf(this.#decode);
  }

  get isGrowing(): boolean {
    return this.end === undefined;
  }

  get isPublished(): boolean {
    return this.phase.kind === 'published';
  }

  /** The job whose answer is awaited, if there is one. */
  get pendingJob(): number | undefined {
    return pendingJob(this.#decode);
  }

  /** Throws `IllegalDecodeMove`, and changes nothing then. */
  move(move: DecodeMove): void {
    this.#decode = applyMove(this.#decode, move);
  }

  /** What must survive a restart. `lastVoice` is the end of its last voiced window, while the speech goes on. */
  snapshot(lastVoice: number): UtteranceSnapshot {
    const { sentenceStart, decodedTo, findings } = this.#decode;
    const { rejectedLanguageTo } = findings.sentence;
    const doubted = rejectedLanguageTo === undefined ? undefined : { from: sentenceStart, to: rejectedLanguageTo };
    return {
      anchor: sentenceStart,
      lastVoice: this.end?.lastVoice ?? lastVoice,
      decodedTo,
      end: this.end?.at,
      doubted,
      retries: findings.failures,
      finalTo: finalTo(this.phase),
      ...this.text.snapshot,
    };
  }
}

/** How far the last decode of an ended utterance reaches, if there is one. */
function finalTo(phase: DecodePhase): number | undefined {
  switch (phase.kind) {
    case 'awaitingAudio':
      return phase.finalTo;
    case 'finalRequested':
    case 'finalRunning':
      return phase.request.to;
    case 'complete':
      return phase.decode?.request.to;
    default:
      return undefined;
  }
}

function restoreDecode(snapshot: UtteranceSnapshot): DecodeState {
  const { anchor, decodedTo, doubted, retries } = snapshot;
  const rejectedLanguageTo = doubted?.from === anchor ? doubted.to : undefined;
  const findings = withSentenceFindings({ ...NO_FINDINGS, failures: retries }, { rejectedLanguageTo });
  return { phase: restorePhase(snapshot), sentenceStart: anchor, decodedTo, findings };
}

/** Decodes that were under way are lost: the partial of growing speech is asked for anew as if there had been none. */
function restorePhase({ end, lastVoice, finalTo }: UtteranceSnapshot): DecodePhase {
  if (end === undefined) return { kind: 'idle' };
  const speechEnd = { at: end, lastVoice };
  return finalTo === undefined
    ? { kind: 'complete', end: speechEnd, decode: undefined }
    : { kind: 'awaitingAudio', end: speechEnd, finalTo };
}

function commitOptions(commit: PipelineOptions['commit']) {
  return {
    policy: commit.policy,
    chance: commit.chance,
    patience: commit.patience,
    patienceSamples: msToSamples(commit.patienceMs),
    edgeSamples: msToSamples(commit.edgeMs),
    earlyConfidence: commit.earlyConfidence,
    earlySamples: msToSamples(commit.earlyMs),
    leastSamples: commit.policy === 'plain' ? 0 : msToSamples(commit.leastMs),
  };
}

import type { AudioRing } from '../audio/ring.ts';
import { findQuietestOffset } from '../sentence/cut.ts';
import { computeEndSilence, computeSilence, estimateEndConfidence } from '../speech/end-confidence.ts';
import { computeEndpointWait, isSureEnd, type Reading } from '../speech/endpoint.ts';
import { SpeechGate } from '../speech/gate.ts';
import { computeLevel, VadHistory } from '../speech/vad-history.ts';
import { msToSamples, SAMPLE_RATE, samplesToMs } from '../time.ts';
import type { SampleRange } from './outputs.ts';
import type { PipelineOptions, SessionSettings } from './settings.ts';
import type { TrackSnapshot } from './snapshot.ts';

/** How far back speech that never pauses is searched for a quiet place to cut it. */
const CUT_SEARCH_SAMPLES = 2 * SAMPLE_RATE;

/** What the turn detector hears: what its model was made for, samples. */
const TURN_SAMPLES = 8 * SAMPLE_RATE;
/** Audio that is here already behind a pause, from which on an answer about it would come too late to be asked for. */
const TURN_LATE_SAMPLES = SAMPLE_RATE / 2;

/** What a judged window means. */
export type Observation =
  /** The window had been acted on before a restart and is only replayed; `replayEnded` is the last of these. */
  | 'replayed'
  | 'replayEnded'
  /** No speech is open, and none begins. */
  | 'quiet'
  /** Speech begins: the segmenter expects `begin`. */
  | 'started'
  /** In open speech. */
  | 'voice'
  | 'silence';

export interface SegmenterOptions {
  readonly pipeline: PipelineOptions;
  readonly ring: AudioRing;
  /** The first sample it will be given. */
  readonly from: number;
  /** How its track stood before a restart. */
  readonly snapshot: TrackSnapshot | undefined;
}

/** Where speech begins, pauses and ends in one channel: the gate, the endpoint and the longest length. */
export class Segmenter {
  readonly history: VadHistory;
  readonly #pipeline: PipelineOptions;
  readonly #ring: AudioRing;
  readonly #gate: SpeechGate;
  /** Windows before this sample were acted on before a restart. */
  readonly #replayTo: number;
  /** One past the last window with a voice in it, while speech is open. */
  #lastVoice: number | undefined;
  #pause = 0;
  /** End of the audio that the turn detector was asked about in the silence that goes on, with its answer. */
  #turn: { readonly to: number; readonly probability: number | undefined } | undefined;

  constructor({ pipeline, ring, from, snapshot }: SegmenterOptions) {
    const { vad, ringSeconds } = pipeline;
    this.#pipeline = pipeline;
    this.#ring = ring;
    this.#replayTo = snapshot?.judged ?? 0;
    this.#gate = new SpeechGate(vad, snapshot?.gate);
    this.history = new VadHistory(ringSeconds * SAMPLE_RATE, vad.close, from);
    const last = snapshot?.utterances.at(-1);
    this.#lastVoice = last?.end === undefined ? last?.lastVoice : undefined;
  }

  get snapshot(): Pick<TrackSnapshot, 'judged' | 'gate'> {
    return { judged: Math.max(this.judged, this.#replayTo), gate: this.#gate.state };
  }

  /** One past the last sample the VAD has judged. */
  get judged(): number {
    return this.history.end;
  }

  /** One past the last window with a voice in it; where judged audio ends when no speech is open. */
  get lastVoice(): number {
    return this.#lastVoice ?? this.judged;
  }

  /** Silence right before the last window with a voice in it, samples. */
  get pause(): number {
    return this.#pause;
  }

  /** Takes what the VAD says of the window [from, to), whose audio must still be in the ring. */
  observe(from: number, to: number, probability: number): Observation {
    const loudness = computeLevel(this.#ring.read(from, to));
    this.history.push(probability, loudness);
    if (to <= this.#replayTo) return to === this.#replayTo ? 'replayEnded' : 'replayed';
    const isVoice = this.#gate.push(probability, loudness);
    if (this.#lastVoice === undefined) return isVoice ? 'started' : 'quiet';
    if (isVoice) {
      this.#pause = from - this.#lastVoice;
      this.#turn = undefined;
      this.#lastVoice = to;
    }
    return isVoice ? 'voice' : 'silence';
  }

  /**
   * Opens speech first heard in the window [from, to). Returns its first sample: a little audio from before goes with it,
   * but none from before `earliest`, where the speech before ended.
   */
  begin(from: number, to: number, earliest: number): number {
    this.#lastVoice = to;
    this.#turn = undefined;
    return Math.max(0, earliest, this.#ring.start, from - msToSamples(this.#pipeline.vad.preRollMs));
  }

  end(): void {
    this.#lastVoice = undefined;
    this.#turn = undefined;
  }

  /**
   * What to ask the turn detector about in the pause that has lasted to `to`: the end of the speech that began at `speechStart`.
   * Undefined when it was asked already, or when the answer would come too late because audio comes faster than it is spoken.
   */
  askAboutTurn(speechStart: number, to: number): SampleRange | undefined {
    if (this.#turn !== undefined || this.#ring.end - to > TURN_LATE_SAMPLES) return undefined;
    this.#turn = { to, probability: undefined };
    return { from: Math.max(speechStart, this.#ring.start, to - TURN_SAMPLES), to };
  }

  /** Takes the turn detector's answer about the audio up to `to`. Returns whether it is of use: the same silence goes on. */
  noteTurnEnd(to: number, probability: number): boolean {
    if (this.#turn?.to !== to) return false;
    this.#turn = { to, probability };
    return true;
  }

  /** Whether the silence up to `to` is long enough for a speculative decode. */
  isPause(to: number): boolean {
    return to - this.lastVoice >= msToSamples(this.#pipeline.endpoint.speculativeMs);
  }

  /** Whether the silence up to `to` ends speech that reads like this. */
  isOver(to: number, reading: Reading, endpoint: SessionSettings['endpoint']): boolean {
    const endSilence = computeEndSilence(endpoint, this.#computeWait(this.#withTurn(reading), endpoint));
    return this.#isPauseOf(to, endSilence);
  }

  /** Whether that silence is long enough to announce a likely end, where the client wants to know of it. */
  isLikelyOver(to: number, reading: Reading, endpoint: SessionSettings['endpoint']): boolean {
    const { eagerConfidence } = endpoint;
    if (eagerConfidence === undefined) return false;
    return this.#isPauseOf(to, computeSilence(eagerConfidence, this.#computeWait(this.#withTurn(reading), endpoint)));
  }

  /** How sure it is after the silence up to `to` that speech which reads like this is over, 0-1. */
  estimateEndConfidence(to: number, reading: Reading, endpoint: SessionSettings['endpoint']): number {
    const waitMs = this.#computeWait(this.#withTurn(reading), endpoint);
    return estimateEndConfidence(samplesToMs(to - this.lastVoice), waitMs);
  }

  /**
   * Whether a sentence that reads like this ended in a pause after which the speaker went on: because the pause was long enough,
   * and only the decode came too late to say so, or because the decode is sure of the end.
   */
  endedInPause(pause: number, reading: Reading, endpoint: SessionSettings['endpoint']): boolean {
    return (
      pause >= msToSamples(this.#computeWait(reading, endpoint)) ||
      isSureEnd(reading.text, reading.confidence ?? 1, this.#pipeline.sentenceEnd.confidence, reading.language)
    );
  }

  #withTurn(reading: Reading): Reading {
    return { ...reading, turnEnd: this.#turn?.probability };
  }

  /** The silence that usually ends speech which reads like this, ms. */
  #computeWait(reading: Reading, endpoint: SessionSettings['endpoint']): number {
    return Math.max(this.#pipeline.endpoint.speculativeMs, computeEndpointWait(reading, endpoint, this.#pipeline.turn));
  }

  #isPauseOf(to: number, ms: number): boolean {
    return to - this.lastVoice >= msToSamples(Math.max(this.#pipeline.endpoint.speculativeMs, ms));
  }

  /**
   * Where to cut a sentence that began at `sentenceStart` and goes on at `to`: the quietest place shortly before the decode
   * window is full. Undefined while it has room.
   */
  findCut(sentenceStart: number, to: number): number | undefined {
    if (to - sentenceStart < msToSamples(this.#pipeline.segment.hardMs)) return undefined;
    const from = to - CUT_SEARCH_SAMPLES;
    return from + findQuietestOffset(this.#ring.read(from, to));
  }
}

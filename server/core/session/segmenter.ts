import type { AudioRing } from '../audio/ring.ts';
import { findQuietestOffset } from '../sentence/cut.ts';
import { computeEndpointWait, isSureEnd } from '../speech/endpoint.ts';
import { SpeechGate } from '../speech/gate.ts';
import { computeLevel, VadHistory } from '../speech/vad-history.ts';
import { msToSamples, SAMPLE_RATE } from '../time.ts';
import type { PipelineOptions, SessionSettings } from './settings.ts';
import type { TrackSnapshot } from './snapshot.ts';

/** How far back speech that never pauses is searched for a quiet place to cut it. */
const CUT_SEARCH_SAMPLES = 2 * SAMPLE_RATE;

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

/** How the open sentence reads so far. */
export interface Reading {
  readonly text: string;
  /** Confidence of its last word, 0-1. */
  readonly confidence: number;
  /** ISO 639-1 code; undefined while none has been heard. */
  readonly language?: string | undefined;
}

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
    return Math.max(0, earliest, this.#ring.start, from - msToSamples(this.#pipeline.vad.preRollMs));
  }

  end(): void {
    this.#lastVoice = undefined;
  }

  /** Whether the silence up to `to` is long enough for a speculative decode. */
  isPause(to: number): boolean {
    return to - this.lastVoice >= msToSamples(this.#pipeline.endpoint.speculativeMs);
  }

  /** Whether the silence up to `to` ends speech that reads like this. */
  isOver(to: number, reading: Reading, endpoint: SessionSettings['endpoint']): boolean {
    return this.#isLongPause(to - this.lastVoice, reading, endpoint);
  }

  /**
   * Whether a sentence that reads like this ended in a pause after which the speaker went on: because the pause was long enough,
   * and only the decode came too late to say so, or because the decode is sure of the end.
   */
  endedInPause(pause: number, reading: Reading, endpoint: SessionSettings['endpoint']): boolean {
    return (
      this.#isLongPause(pause, reading, endpoint) ||
      isSureEnd(reading.text, reading.confidence, this.#pipeline.sentenceEnd.confidence, reading.language)
    );
  }

  #isLongPause(pause: number, { text, confidence, language }: Reading, endpoint: SessionSettings['endpoint']): boolean {
    const textWait = computeEndpointWait(text, endpoint, confidence, language);
    const wait = Math.max(this.#pipeline.endpoint.speculativeMs, textWait);
    return pause >= msToSamples(wait);
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

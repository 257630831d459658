import type { AudioRing } from '../audio/ring.ts';
import type { Hypothesis } from '../hypothesis.ts';
import { VAD_WINDOW_SAMPLES } from '../speech/vad-history.ts';
import { joinWords } from '../stable/words.ts';
import { DECODE_SAMPLES_MAX, msToSamples } from '../time.ts';
import type { DecodeConditions, SessionConditions } from './conditions.ts';
import { type DecodeFindings, withFailure } from './decode-findings.ts';
import { DecodePace } from './decode-pace.ts';
import { type DecodedSpan, type DecodePolicy, detectionProgress, needsRetryWithoutPrompt } from './decode-policy.ts';
import {
  type DecodePhase,
  type DecodeState,
  type FinalRequest,
  IllegalDecodeMove,
  type RetainedAudio,
  type SpeechEnd,
} from './decode-state.ts';
import type { DetectionProgress } from './language-selector.ts';
import type { LeftContext } from './left-context.ts';
import type { OutputQueue } from './output-queue.ts';
import type { DecodeSpan } from './outputs.ts';
import type { Segmenter } from './segmenter.ts';
import type { PipelineOptions } from './settings.ts';
import type { Utterance } from './utterance.ts';

/** Decodes of one utterance that may fail, each tried more than once by then, before its audio is set aside. */
export const FAILURES_MAX = 2;
/** Voice without which nothing is decoded once words are known, ms. */
const VOICE_AFTER_WORDS_MS = 60;
/** A partial may reach this far beyond what the VAD has judged. */
const UNJUDGED_SAMPLES_MAX = 3 * VAD_WINDOW_SAMPLES;

/** An answer that growing speech can be shown by. */
export interface GrowingDecode {
  readonly hypothesis: Hypothesis;
  readonly span: DecodedSpan;
  /** What it may teach about the language. */
  readonly language: DetectionProgress;
  /** Length of the pause that its audio ends in, samples, where a sentence may have ended in it. */
  readonly pause: number | undefined;
  /** How much audio must be added while decodes agree on a sentence end; undefined waits for the word after it. */
  readonly endSamples: number | undefined;
}

type PauseSpan = DecodedSpan & { readonly pause?: number | undefined };

const NO_ENDS = { pause: undefined, endSamples: undefined };

/** What came of an answer: a partial to show, a final that may be due for publishing, or nothing that can be used. */
export type ReadResult =
  | { readonly kind: 'partial'; readonly decode: GrowingDecode }
  | { readonly kind: 'final' }
  | { readonly kind: 'unusable' };

export interface DecodePlannerOptions {
  readonly pipeline: PipelineOptions;
  readonly ring: AudioRing;
  readonly segmenter: Segmenter;
  readonly outputs: OutputQueue;
  readonly policy: DecodePolicy;
}

/** What of an utterance is decoded when. Every move of its decode state while it is open is made here. */
export class DecodePlanner {
  readonly #pipeline: PipelineOptions;
  readonly #ring: AudioRing;
  readonly #segmenter: Segmenter;
  readonly #outputs: OutputQueue;
  readonly #policy: DecodePolicy;
  readonly #pace: DecodePace;

  constructor({ pipeline, ring, segmenter, outputs, policy }: DecodePlannerOptions) {
    this.#pipeline = pipeline;
    this.#ring = ring;
    this.#segmenter = segmenter;
    this.#outputs = outputs;
    this.#policy = policy;
    this.#pace = new DecodePace(pipeline.sentenceEnd);
  }

  /** Asks for a partial of the first utterance when enough is new in the audio up to `to`. */
  requestPartialWhenDue(utterance: Utterance, to: number, conditions: DecodeConditions): void {
    const { settings, serviceLevel } = conditions;
    const { partials } = settings;
    const { cadence } = serviceLevel;
    if (partials.mode === 'off' || utterance.phase.kind !== 'idle') return;
    const { sentenceStart, decodedTo, findings } = utterance.decode;
    // What may have killed a worker is not asked for again and again: its final will tell.
    if (findings.failures > 0) return;
    if (cadence === 0) return this.#requestLongSentence(utterance, to);
    const { firstEveryMs, firstMs } = this.#pipeline.show;
    const isFirst = utterance.text.isNothingShown;
    const everyMs = isFirst ? Math.min(partials.everyMs, firstEveryMs) : partials.everyMs;
    // A sentence that has likely ended is decoded once more for its own sake, as urgently as a final.
    const isForEnd = utterance.text.isEndLikely && this.#isSlow(conditions);
    const dueMs = isForEnd ? Math.min(everyMs * cadence, this.#pipeline.sentenceEnd.agreedMs) : everyMs * cadence;
    if (to - decodedTo < msToSamples(dueMs)) return;
    if (isFirst && this.#segmenter.history.countVoiced(sentenceStart, to) < msToSamples(firstMs)) return;
    const urgency = isForEnd ? 'final' : 'partial';
    utterance.move({ kind: 'requestPartial', job: this.#outputs.requestDecode(urgency) });
  }

  /** Without partials a long sentence is decoded now and then all the same, as urgently as a final, for the ends in it. */
  #requestLongSentence(utterance: Utterance, to: number): void {
    const { sentenceStart, decodedTo } = utterance.decode;
    const softSamples = msToSamples(this.#pipeline.segment.softMs);
    if (to - sentenceStart < softSamples || to - decodedTo < softSamples / 2) return;
    utterance.move({ kind: 'requestPartial', job: this.#outputs.requestDecode('final') });
  }

  /** In a pause: asks for a decode of all that was said up to `to`, unless there is one or too little voice for a word. */
  speculate(utterance: Utterance, to: number, conditions: DecodeConditions): void {
    const { phase } = utterance;
    // A decode up to the pause before goes on, or a slow machine would end none where pauses are many.
    const isOfPause = phase.kind === 'pauseRequested' || (phase.kind === 'partialRunning' && phase.pause !== undefined);
    const isFree = phase.kind === 'idle' || (isPartial(phase) && !isOfPause);
    if (!isFree || !this.#hasVoice(utterance, to)) return;
    this.dropPartial(utterance);
    this.#requestFinal(utterance, to, conditions);
  }

  /**
   * The speaker goes on after a pause. Returns the speculative decode, if it is there: it now counts as a partial. Where decodes
   * come seldom, one that is under way goes on: a sentence may have ended in the pause.
   */
  resume(utterance: Utterance, conditions: SessionConditions): GrowingDecode | undefined {
    const { phase } = utterance;
    const { pause } = this.#segmenter;
    switch (phase.kind) {
      case 'speculationRequested':
      case 'speculationRunning':
        if (this.#isSlow(conditions)) {
          utterance.move({ kind: 'keepPause', pause });
          return undefined;
        }
        utterance.move({ kind: 'resume' });
        this.#outputs.cancelDecode(phase.request.job);
        return undefined;
      case 'speculationDecoded':
        utterance.move({ kind: 'resume' });
        return this.#growing(utterance, phase.hypothesis, { ...phase.request, pause }, conditions);
      default:
        return undefined;
    }
  }

  /** A final answers all a partial would; the partial's slot is better used. */
  dropPartial(utterance: Utterance): void {
    const { phase, pendingJob } = utterance;
    if (!isPartial(phase) || pendingJob === undefined) return;
    this.#outputs.cancelDecode(pendingJob);
    utterance.move({ kind: 'dropPartial' });
  }

  /** Speech is over. Its final decode is the speculative one, if that reaches far enough, or a new one. */
  end(utterance: Utterance, end: SpeechEnd, conditions: DecodeConditions): void {
    const speculation = 'request' in utterance.phase ? utterance.phase.request : undefined;
    if (speculation === undefined || speculation.to < Math.min(end.at, end.lastVoice)) {
      this.resume(utterance, conditions);
      this.dropPartial(utterance);
      if (this.#hasVoice(utterance, end.at)) this.#requestFinal(utterance, end.at, conditions);
    }
    const { phase } = utterance;
    utterance.move({ kind: 'end', end, audio: 'request' in phase ? this.#retain(phase.request) : undefined });
  }

  /** The audio from before a restart is back: asks for the final decode that was under way then. */
  requestRestored(utterance: Utterance, conditions: DecodeConditions): void {
    const { phase } = utterance;
    if (phase.kind === 'awaitingAudio') this.#requestFinal(utterance, phase.finalTo, conditions);
  }

  /** A slot is free for the utterance's pending job: what to decode. */
  take(utterance: Utterance, conditions: DecodeConditions): DecodeSpan {
    const { phase } = utterance;
    if ('request' in phase) return this.#takeFinal(utterance, phase.request, conditions);
    return this.#takePartial(utterance, conditions);
  }

  /** Reads the answer to the utterance's pending job. */
  read(utterance: Utterance, hypothesis: Hypothesis, conditions: DecodeConditions): ReadResult {
    const { phase } = utterance;
    this.#pace.record(hypothesis.decodeMs);
    switch (phase.kind) {
      case 'partialRunning':
        return this.#readPartial(utterance, hypothesis, phase, conditions);
      case 'speculationRunning':
      case 'finalRunning':
        return this.#readFinal(utterance, hypothesis, phase.request, conditions);
      default:
        throw new IllegalDecodeMove(phase.kind, 'read');
    }
  }

  /** The pending job was not decoded. Returns the end of the audio that is set aside, if it is not tried again. */
  lose(utterance: Utterance, reason: 'dropped' | 'failed', conditions: DecodeConditions): number | undefined {
    const { phase } = utterance;
    const before = utterance.decode.findings;
    const findings = reason === 'failed' ? withFailure(before) : before;
    if (!('request' in phase) || isPartial(phase)) {
      utterance.move({ kind: 'dropPartial', findings });
      return undefined;
    }
    const { to } = phase.request;
    if (findings.failures >= FAILURES_MAX) {
      utterance.move({ kind: 'setAside', findings });
      return to;
    }
    this.#requestFinal(utterance, to, conditions, findings);
    return undefined;
  }

  #requestFinal(
    utterance: Utterance,
    to: number,
    conditions: DecodeConditions,
    findings: DecodeFindings = utterance.decode.findings,
  ): void {
    const { sentenceStart } = utterance;
    const end = Math.min(to, sentenceStart + DECODE_SAMPLES_MAX);
    const decode = { ...utterance.decode, findings };
    const kept = 'audio' in utterance.phase ? utterance.phase.audio : undefined;
    const reach = { to: end, oldest: kept?.from ?? this.#ring.start };
    const { language, leftContext } = this.#chooseContext(decode, reach, conditions);
    const from = leftContext?.from ?? sentenceStart;
    const request = { job: this.#outputs.requestDecode('final'), from, to: end, language, leftContext };
    const audio = utterance.phase.kind === 'awaitingAudio' ? { audio: this.#retain(request) } : {};
    utterance.move({ kind: 'requestFinal', request, findings, ...audio });
  }

  #chooseContext(
    decode: DecodeState,
    reach: { readonly to: number; readonly oldest: number },
    conditions: DecodeConditions,
  ): ReturnType<DecodePolicy['chooseContext']> {
    const isAffordable = this.#pace.averageMs <= this.#pipeline.leftContext.decodeMs;
    return this.#policy.chooseContext(
      decode,
      reach,
      isAffordable ? conditions : { ...conditions, leftContext: undefined },
    );
  }

  /** The ring may move on before the last decode of an ended utterance is taken. */
  #retain({ from, to }: FinalRequest): RetainedAudio {
    const start = Math.max(from, this.#ring.start);
    return { from: start, samples: this.#ring.read(start, to) };
  }

  #takePartial(utterance: Utterance, conditions: DecodeConditions): DecodeSpan {
    const { decode, sentenceStart } = utterance;
    const newest = Math.min(this.#ring.end, this.#segmenter.judged + UNJUDGED_SAMPLES_MAX);
    const reach = { to: newest, oldest: this.#ring.start };
    const { language, leftContext } = this.#chooseContext(decode, reach, conditions);
    const from = leftContext?.from ?? Math.max(sentenceStart, this.#ring.start);
    const to = Math.min(newest, from + DECODE_SAMPLES_MAX);
    const samples = this.#ring.read(from, to);
    const findings = this.#policy.withModel(decode.findings, conditions);
    utterance.move({ kind: 'startPartial', to, leftContext, findings });
    const { stable } = utterance.text;
    const asked = { stable: joinWords(stable), findings };
    return {
      ...this.#policy.describe('partial', { language, leftContext }, asked, conditions),
      draft: draftOf(utterance, leftContext),
      fromSample: from,
      samples,
    };
  }

  #takeFinal(utterance: Utterance, request: FinalRequest, conditions: DecodeConditions): DecodeSpan {
    const { phase } = utterance;
    const { from, to } = request;
    const kept = 'audio' in phase ? phase.audio : { from, samples: this.#ring.read(from, to) };
    const samples = kept.samples.subarray(Math.max(0, from - kept.from), to - kept.from);
    const findings = this.#policy.withModel(utterance.decode.findings, conditions);
    utterance.move({ kind: 'startFinal', findings });
    const asked = { stable: joinWords(utterance.text.stable), findings };
    const draft = draftOf(utterance, request.leftContext);
    return { ...this.#policy.describe('final', request, asked, conditions), draft, fromSample: from, samples };
  }

  #readPartial(
    utterance: Utterance,
    hypothesis: Hypothesis,
    span: PauseSpan,
    conditions: SessionConditions,
  ): ReadResult {
    const { decode } = utterance;
    const isVoiced = (): boolean => this.#hasVoice(utterance, span.to);
    const { isUsable, findings } = this.#policy.assessPartial(decode, hypothesis, span, isVoiced);
    utterance.move({ kind: 'readPartial', findings });
    if (!isUsable) return { kind: 'unusable' };
    return { kind: 'partial', decode: this.#growing(utterance, hypothesis, span, conditions) };
  }

  #growing(
    { sentenceStart, decode: { findings } }: Utterance,
    hypothesis: Hypothesis,
    { to, leftContext, pause }: PauseSpan,
    conditions: SessionConditions,
  ): GrowingDecode {
    const language = detectionProgress(sentenceStart, to, findings);
    const { agreedMs } = this.#pipeline.sentenceEnd;
    if (!this.#isSlow(conditions)) return { hypothesis, span: { to, leftContext }, language, ...NO_ENDS };
    // A final would be decoded again without the hints; a pause must not make one of it.
    const isDoubtful = needsRetryWithoutPrompt(conditions.settings.vocabulary, hypothesis, findings);
    const ends = { pause: isDoubtful ? undefined : pause, endSamples: msToSamples(agreedMs) };
    return { hypothesis, span: { to, leftContext }, language, ...ends };
  }

  #isSlow({ settings, serviceLevel }: SessionConditions): boolean {
    const { cadence } = serviceLevel;
    // LocalAgreement-2 as published knows no such ends.
    if (this.#pipeline.commit.policy === 'plain') return false;
    return this.#pace.isSlow(cadence === 0 ? Number.POSITIVE_INFINITY : settings.partials.everyMs * cadence);
  }

  #readFinal(
    utterance: Utterance,
    hypothesis: Hypothesis,
    request: FinalRequest,
    conditions: DecodeConditions,
  ): ReadResult {
    const { vocabulary } = conditions.settings;
    const isVoiced = (): boolean => this.#hasVoice(utterance, request.to);
    const asked = { vocabulary, isVoiced };
    const { isUsable, findings } = this.#policy.assessFinal(utterance.decode, hypothesis, request, asked);
    if (!isUsable) {
      this.#requestFinal(utterance, request.to, conditions, findings);
      return { kind: 'unusable' };
    }
    utterance.move({ kind: 'readFinal', hypothesis, findings });
    return { kind: 'final' };
  }

  /** Too little voice for a word is not decoded; words already stable are finalised without it. */
  #hasVoice(utterance: Utterance, to: number): boolean {
    const neededMs = utterance.text.text === '' ? this.#pipeline.vad.minSpeechMs : VOICE_AFTER_WORDS_MS;
    return this.#segmenter.history.countVoiced(utterance.sentenceStart, to) >= msToSamples(neededMs);
  }
}

/** What a decode will probably write: its left context, and the open sentence as it reads now. */
function draftOf({ text }: Utterance, leftContext: LeftContext | undefined): string {
  const before = joinWords(leftContext?.words ?? []);
  return before === '' || text.text === '' ? before + text.text : `${before} ${text.text}`;
}

/** Whether a decode that growing speech is shown by is under way or wanted. */
function isPartial({ kind }: DecodePhase): boolean {
  return kind === 'partialRequested' || kind === 'partialRunning' || kind === 'pauseRequested';
}

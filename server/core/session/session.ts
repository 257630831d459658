import { FULL_SERVICE_LEVEL } from '../schedule/load-shedder.ts';
import { findRequestedScript } from '../script/chinese-script.ts';
import { VAD_WINDOW_SAMPLES } from '../speech/vad-history.ts';
import { samplesToMs } from '../time.ts';
import type { SessionConditions } from './conditions.ts';
import { CutQueue } from './cut-queue.ts';
import type { SessionInput } from './inputs.ts';
import { LagNotice } from './lag-notice.ts';
import { OutputQueue } from './output-queue.ts';
import type { DecodeSpan, SessionOutput } from './outputs.ts';
import { Revisions } from './revisions.ts';
import { SecondHearing } from './second-hearing.ts';
import { Sentences } from './sentences.ts';
import { changeSettings, isLanguageChange, type PipelineOptions, type SessionSettings } from './settings.ts';
import type { SessionSnapshot } from './snapshot.ts';
import { type SessionState, transition } from './state.ts';
import { Track } from './track.ts';

/** The whole transcript logic of one session, as a function from inputs to outputs. It reads no clock and never waits. */
export class SessionCore {
  readonly #pipeline: PipelineOptions;
  readonly #outputs = new OutputQueue();
  readonly #revisions: Revisions;
  readonly #secondHearing: SecondHearing;
  readonly #sentences: Sentences;
  readonly #tracks: readonly Track[];
  readonly #cuts: CutQueue;
  readonly #lagNotice: LagNotice;
  #conditions: SessionConditions;
  #state: SessionState;

  /** `snapshot` is how it stood before a restart; its first audio must then begin at `snapshot.from`. */
  constructor(given: SessionSettings, pipeline: PipelineOptions, snapshot?: SessionSnapshot) {
    const settings = snapshot?.settings ?? given;
    const outputs = this.#outputs;
    this.#pipeline = pipeline;
    this.#state = snapshot?.state ?? 'streaming';
    this.#conditions = { settings, serviceLevel: FULL_SERVICE_LEVEL };
    this.#lagNotice = new LagNotice(snapshot?.lagging ?? false);
    this.#revisions = new Revisions(outputs);
    const readEvidence = (channel: number, from: number, to: number) => this.#tracks[channel]!.copyEvidence(from, to);
    const secondHearing = new SecondHearing({ pipeline, outputs, revisions: this.#revisions, readEvidence });
    this.#secondHearing = secondHearing;
    const sentences = new Sentences(outputs, { revisions: this.#revisions, secondHearing }, snapshot);
    this.#sentences = sentences;
    if (snapshot !== undefined)
      this.#revisions.restore(
        snapshot,
        sentences.context.map(({ text }) => text),
        settings,
      );
    const from = snapshot?.from ?? 0;
    this.#tracks = Array.from(
      { length: given.channels },
      (_, channel) =>
        new Track({
          ...{ channel, pipeline, outputs, sentences, secondHearing, settings, from },
          snapshot: snapshot?.tracks[channel],
        }),
    );
    this.#cuts = new CutQueue(snapshot?.cuts ?? [], (at) => this.#tracks.flatMap((track) => track.endedBefore(at)));
  }

  /** How it stands, to go on from after a restart. */
  get snapshot(): SessionSnapshot {
    const isClosed = this.#state === 'closed';
    const needed = Math.min(...this.#tracks.map(({ neededFrom }) => neededFrom));
    return {
      state: this.#state,
      from: isClosed ? this.receivedSamples : Math.floor(needed / VAD_WINDOW_SAMPLES) * VAD_WINDOW_SAMPLES,
      settings: this.settings,
      lagging: this.#lagNotice.isLagging,
      ...this.#sentences.snapshot,
      ...this.#revisions.snapshot,
      cuts: this.#cuts.snapshot,
      tracks: isClosed ? [] : this.#tracks.map((track) => track.snapshot),
    };
  }

  get state(): SessionState {
    return this.#state;
  }

  get settings(): SessionSettings {
    return this.#conditions.settings;
  }

  get pipeline(): PipelineOptions {
    return this.#pipeline;
  }

  get receivedSamples(): number {
    return this.#tracks[0]!.receivedTo;
  }

  /** The longest backlog of any channel: audio not judged, or ended and not decoded. */
  get undecodedSamples(): number {
    return Math.max(...this.#tracks.map(({ undecoded }) => undecoded));
  }

  /** Audio for a `detect` output. */
  audio(channel: number, from: number, to: number): Float32Array {
    const audio = this.held(channel, from, to);
    if (audio?.length !== to - from) throw new RangeError(`Samples ${from} to ${to} are not held.`);
    return audio;
  }

  /** The audio in [from, to) as far as it is still held; undefined when its beginning is gone. */
  held(channel: number, from: number, to: number): Float32Array<ArrayBuffer> | undefined {
    return this.#tracks[channel]?.audio(from, to);
  }

  /** What a job is about, at the moment a slot is free for it; undefined when its answer is no longer wanted. */
  take(job: number): DecodeSpan | undefined {
    for (const track of this.#tracks) {
      const span = track.take(job, this.#conditions);
      if (span !== undefined) return span;
    }
    return undefined;
  }

  handle(input: SessionInput): SessionOutput[] {
    if (this.#state === 'closed') return [];
    this.#apply(input);
    this.#advanceCuts();
    return this.#outputs.drain();
  }

  #apply(input: SessionInput): void {
    const conditions = this.#conditions;
    switch (input.kind) {
      case 'audio':
        for (const [channel, track] of this.#tracks.entries()) track.addAudio(input.channels[channel]!);
        return;
      case 'probability':
        return this.#tracks[input.channel]!.judge(input.from, input.to, input.value, conditions);
      case 'turnEnd':
        return this.#tracks[input.channel]!.noteTurnEnd(input.to, input.probability, conditions);
      case 'hypothesis':
        for (const track of this.#tracks) track.read(input.job, input.hypothesis, conditions);
        return;
      case 'undecoded':
        for (const track of this.#tracks) track.lose(input.job, input.reason, conditions);
        return;
      case 'secondHypothesis':
      case 'noSecondHypothesis': {
        const script = findRequestedScript(conditions.settings) ?? this.#sentences.script;
        return this.#secondHearing.read(input, conditions.settings, script);
      }
      case 'rewrite':
      case 'unwritten':
        return this.#revisions.readRewrite(input, conditions.settings);
      case 'translating':
      case 'translation':
      case 'untranslated':
        return this.#revisions.readTranslation(input);
      case 'configure':
        return this.#configure(input.settings);
      case 'flush':
        return this.#cuts.add({ at: this.receivedSamples, answer: true, id: input.id });
      case 'pause':
        return this.#cuts.add({ at: this.receivedSamples, answer: false, id: undefined });
      case 'load':
        return this.#changeServiceLevel(input.serviceLevel);
      case 'finish':
        if (this.#state !== 'streaming') return;
        this.#state = transition(this.#state, 'draining');
        return this.#cuts.add({ at: this.receivedSamples, answer: false, id: undefined });
    }
  }

  #configure(change: Extract<SessionInput, { kind: 'configure' }>['settings']): void {
    const before = this.settings;
    const settings = changeSettings(before, change);
    this.#conditions = { ...this.#conditions, settings };
    if (isLanguageChange(before, settings)) for (const track of this.#tracks) track.changeLanguage(settings);
    // What is said from here on is written in another way, and heard again by itself.
    if (findRequestedScript(before) !== findRequestedScript(settings))
      this.#secondHearing.end(this.receivedSamples, before);
  }

  #changeServiceLevel(serviceLevel: SessionConditions['serviceLevel']): void {
    this.#conditions = { ...this.#conditions, serviceLevel };
    // A recording is always behind, and has no partials that could come less often.
    if (this.settings.source === 'recording') return;
    const notice = this.#lagNotice.update(serviceLevel);
    if (notice !== undefined) this.#outputs.pushEvent({ type: 'notice', code: 'lag', ...notice });
  }

  /** Carries out cuts the VAD has reached, answers those whose speech is published, and closes behind the last. */
  #advanceCuts(): void {
    this.#cuts.carryOut(
      (at) => this.#tracks.every(({ judgedTo }) => judgedTo + VAD_WINDOW_SAMPLES > at),
      (at) => this.#tracks.flatMap((track) => track.cut(at, this.#conditions)),
    );
    for (const { at, answer, id } of this.#cuts.takeDone()) {
      if (!answer) {
        // Audio that came meanwhile may begin with the next words.
        this.#secondHearing.end(at, this.settings);
        continue;
      }
      this.#outputs.pushEvent({ type: 'flushed', ...(id === undefined ? {} : { id }), audioMs: samplesToMs(at) });
    }
    if (this.#state === 'draining' && this.#cuts.isEmpty) this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (!this.#tracks.every(({ isIdle }) => isIdle)) return;
    this.#secondHearing.end(this.receivedSamples, this.settings);
    if (this.#revisions.pending > 0 || this.#secondHearing.pending > 0) return;
    this.#state = transition(this.#state, 'closed');
    const audioMs = samplesToMs(this.receivedSamples);
    this.#outputs.pushEvent({ type: 'done', audioMs, sentences: this.#sentences.finals });
    this.#outputs.push({ kind: 'closed' });
  }
}

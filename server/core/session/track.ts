import { AudioRing } from '../audio/ring.ts';
import type { Hypothesis } from '../hypothesis.ts';
import { findQuietestOffset } from '../sentence/cut.ts';
import { computeEndpointWait } from '../speech/endpoint.ts';
import { SpeechGate } from '../speech/gate.ts';
import { computeLevel, VAD_WINDOW_SAMPLES, VadHistory } from '../speech/vad-history.ts';
import { joinWords } from '../stable/words.ts';
import { DECODE_SAMPLES_MAX, msToSamples, SAMPLE_RATE, samplesToMs } from '../time.ts';
import { DecodePolicy } from './decode-policy.ts';
import { type DecodedSpan, Finaliser } from './finaliser.ts';
import { type LeftContext, removeLeftContext } from './left-context.ts';
import type { DecodeSpan } from './outputs.ts';
import type { SessionContext } from './session-context.ts';
import type { TrackSnapshot } from './snapshot.ts';
import { openUtterance, type Utterance } from './utterance.ts';

/** Decodes of one utterance that may fail, each tried more than once by then, before its audio is set aside. */
const RETRIES_MAX = 2;
/** Audio before the open speech that is heard again after a restart. */
const REPLAY_SAMPLES = SAMPLE_RATE;

/** One speaker's channel: from audio and probabilities to sentences. */
export class Track {
  readonly #channel: number;
  readonly #desk: SessionContext;
  readonly #ring: AudioRing;
  readonly #voices: VadHistory;
  readonly #gate: SpeechGate;
  readonly #finaliser: Finaliser;
  /** Oldest first; only the last may still grow, and only the first may publish. */
  readonly #utterances: Utterance[];
  /** Windows before this one were acted on before a restart; they are only looked at again. */
  readonly #replayTo: number;
  readonly #manner: DecodePolicy;
  #asked: number;

  /** `from` is the first sample it will hear; `track` is how it stood before a restart. */
  constructor(
    channel: number,
    desk: SessionContext,
    { from, track }: { readonly from: number; readonly track: TrackSnapshot | undefined },
  ) {
    const { vad, ringSeconds } = desk.pipeline;
    this.#channel = channel;
    this.#desk = desk;
    this.#asked = from;
    this.#replayTo = track?.judged ?? 0;
    this.#ring = new AudioRing(ringSeconds * SAMPLE_RATE, from);
    this.#voices = new VadHistory(ringSeconds * SAMPLE_RATE, vad.close, from);
    this.#gate = new SpeechGate(vad, track?.gate);
    this.#manner = new DecodePolicy(channel, desk, this.#ring, track?.language);
    this.#finaliser = new Finaliser(channel, desk, this.#ring, this.#voices, track?.spare);
    this.#utterances = (track?.utterances ?? []).map((seed) => openUtterance(seed.anchor, desk.pipeline, seed));
    for (const [i, utterance] of this.#utterances.entries()) {
      const to = track!.utterances[i]!.finalTo;
      // Asked for once its audio has been heard again.
      if (to === undefined) continue;
      const manner = this.#manner.choose(utterance, to, undefined);
      utterance.final = { job: desk.nextJob(), from: utterance.anchor, to, ...manner };
    }
  }

  get seed(): TrackSnapshot {
    return {
      judged: Math.max(this.judged, this.#replayTo),
      gate: this.#gate.state,
      language: this.#manner.language.seed,
      spare: this.#finaliser.spare,
      utterances: this.#utterances.map((utterance) => utterance.seed),
    };
  }

  /** The first sample that must be heard again to go on: what is open, and before it enough for the VAD to find its feet. */
  get needed(): number {
    return Math.max(
      this.#ring.start,
      Math.min(this.judged, this.#utterances[0]?.anchor ?? this.judged) - REPLAY_SAMPLES,
    );
  }

  get heard(): number {
    return this.#ring.end;
  }

  get judged(): number {
    return this.#voices.end;
  }

  get idle(): boolean {
    return this.#utterances.length === 0;
  }

  /** Audio that waits: not judged yet, or ended and not decoded. */
  get undecoded(): number {
    const ended = this.#utterances.filter((utterance) => utterance.end !== undefined);
    return ended.reduce((sum, { anchor, end }) => sum + end! - anchor, this.heard - this.judged);
  }

  languageChanged(): void {
    this.#manner.languageChanged();
    for (const utterance of this.#utterances) utterance.doubted = undefined;
  }

  hear(samples: Float32Array): void {
    this.#ring.write(samples);
    while (this.#asked + VAD_WINDOW_SAMPLES <= this.#ring.end) {
      const from = this.#asked;
      this.#asked += VAD_WINDOW_SAMPLES;
      this.#desk.publisher.ask({ kind: 'detect', channel: this.#channel, from, to: this.#asked });
    }
  }

  audio(from: number, to: number): Float32Array | undefined {
    return this.#ring.find(from, to);
  }

  judge(from: number, to: number, probability: number): void {
    const loud = computeLevel(this.#ring.read(from, to));
    this.#voices.push(probability, loud);
    if (to <= this.#replayTo) {
      if (to === this.#replayTo) this.#askAgain();
      return;
    }
    const voice = this.#gate.push(probability, loud);
    const open = this.#growing();
    if (open === undefined) {
      if (voice) this.#open(from, to);
      return;
    }
    if (voice) this.#speak(open, to);
    else this.#fallSilent(open, to);
    this.#limit(open, to);
  }

  /** Ends what is being said at `at`, without waiting for silence. */
  cut(at: number): readonly Utterance[] {
    const open = this.#growing();
    if (open !== undefined) this.#end(open, at);
    return [...this.#utterances];
  }

  /** What was being said before the sample `at` and is not published. */
  before(at: number): readonly Utterance[] {
    return this.#utterances.filter(({ anchor, end }) => end !== undefined && anchor < at);
  }

  has(utterance: Utterance): boolean {
    return this.#utterances.includes(utterance);
  }

  take(job: number): DecodeSpan | undefined {
    const utterance = this.#utterances.find((u) => u.partial?.job === job || u.final?.job === job);
    if (utterance === undefined) return undefined;
    if (utterance.final?.job === job) return this.#manner.span(utterance, 'final', utterance.final);
    const heardTo = Math.min(this.#ring.end, this.judged + 3 * VAD_WINDOW_SAMPLES);
    const { language, lead } = this.#manner.choose(utterance, heardTo, this.#lead(utterance));
    const from = lead?.from ?? Math.max(utterance.anchor, this.#ring.start);
    const to = Math.min(heardTo, from + DECODE_SAMPLES_MAX);
    utterance.partial = { job, to, lead };
    utterance.decodedTo = to;
    return this.#manner.span(utterance, 'partial', { from, to, language, lead });
  }

  /** Whether the job was this track's. */
  read(job: number, hypothesis: Hypothesis): boolean {
    const utterance = this.#utterances.find((u) => u.partial?.job === job || u.final?.job === job);
    if (utterance === undefined) return false;
    if (utterance.final?.job === job) this.#readFinal(utterance, hypothesis);
    else this.#readPartial(utterance, hypothesis);
    return true;
  }

  missed(job: number, reason: 'dropped' | 'failed'): boolean {
    const utterance = this.#utterances.find((u) => u.partial?.job === job || u.final?.job === job);
    if (utterance === undefined) return false;
    if (reason === 'failed') {
      utterance.retries++;
      // The lead may have been what could not be decoded.
      utterance.leadless = true;
    }
    if (utterance.partial?.job === job) {
      utterance.partial = undefined;
      return true;
    }
    if (utterance.retries < RETRIES_MAX) this.#askFinal(utterance, utterance.final!.to);
    else this.#giveUp(utterance);
    return true;
  }

  #growing(): Utterance | undefined {
    const last = this.#utterances.at(-1);
    return last?.end === undefined ? last : undefined;
  }

  #open(from: number, to: number): void {
    const before = this.#utterances.at(-1)?.end ?? 0;
    const start = Math.max(0, before, this.#ring.start, from - msToSamples(this.#desk.pipeline.vad.preRollMs));
    const utterance = openUtterance(start, this.#desk.pipeline);
    utterance.lastVoice = to;
    this.#utterances.push(utterance);
    this.#desk.publisher.event({ type: 'speech', channel: this.#channel, state: 'start', atMs: samplesToMs(from) });
  }

  /** All that was judged before a restart has been heard again: the decodes that were under way are asked for anew. */
  #askAgain(): void {
    for (const utterance of this.#utterances) {
      if (utterance.final === undefined) continue;
      this.#askFinal(utterance, utterance.final.to);
      this.#keep(utterance);
    }
    this.#settle();
  }

  #speak(utterance: Utterance, to: number): void {
    utterance.lastVoice = to;
    const speculative = utterance.final;
    if (speculative !== undefined) {
      utterance.final = undefined;
      if (speculative.answer === undefined) this.#desk.publisher.ask({ kind: 'forget', job: speculative.job });
      else this.#finaliser.grow(utterance, speculative.answer, speculative);
    }
    this.#maybePartial(utterance, to);
  }

  #maybePartial(utterance: Utterance, to: number): void {
    const { partials } = this.#desk.settings();
    const { cadence } = this.#desk.advice();
    if (partials.mode === 'off' || cadence === 0 || utterance.partial !== undefined) return;
    // What may have killed a worker is not asked for again and again: its final tells.
    if (this.#utterances[0] !== utterance || utterance.retries > 0) return;
    const fresh = to - utterance.decodedTo;
    const dark = utterance.words.stable.length === 0 && utterance.visible.length === 0;
    const every = dark ? Math.min(partials.everyMs, this.#desk.pipeline.show.firstEveryMs) : partials.everyMs;
    if (fresh < msToSamples(every * cadence)) return;
    if (dark && this.#voices.voiced(utterance.anchor, to) < msToSamples(this.#desk.pipeline.show.firstMs)) return;
    const job = this.#desk.nextJob();
    utterance.partial = { job, to, lead: undefined };
    this.#desk.publisher.ask({ kind: 'recognise', job, final: false });
  }

  #fallSilent(utterance: Utterance, to: number): void {
    const { endpoint } = this.#desk.pipeline;
    const silence = to - utterance.lastVoice;
    if (utterance.final === undefined && silence >= msToSamples(endpoint.speculativeMs)) {
      this.#askFinal(utterance, to);
    }
    const answer = utterance.final?.answer;
    const text = answer === undefined ? utterance.text : joinWords(answer.words) || utterance.text;
    const sureness = answer?.words.at(-1)?.confidence ?? 1;
    const wait = Math.max(endpoint.speculativeMs, computeEndpointWait(text, this.#desk.settings().endpoint, sureness));
    if (silence >= msToSamples(wait)) this.#end(utterance, to);
  }

  /** Speech that never pauses is cut at the quietest place before the window is full. */
  #limit(utterance: Utterance, to: number): void {
    const hard = msToSamples(this.#desk.pipeline.segment.hardMs);
    if (utterance.end !== undefined || to - utterance.anchor < hard) return;
    const from = to - 2 * SAMPLE_RATE;
    const at = from + findQuietestOffset(this.#ring.read(from, to));
    this.#end(utterance, at);
    this.#open(at, to);
  }

  #end(utterance: Utterance, at: number): void {
    const { publisher } = this.#desk;
    utterance.end = at;
    this.#dropPartial(utterance);
    publisher.event({ type: 'speech', channel: this.#channel, state: 'end', atMs: endMs(utterance) });
    const covered = utterance.final !== undefined && utterance.final.to >= Math.min(at, utterance.lastVoice);
    if (!covered) {
      if (utterance.final !== undefined) publisher.ask({ kind: 'forget', job: utterance.final.job });
      if (this.#hasVoice(utterance, at)) this.#askFinal(utterance, at);
      else utterance.final = undefined;
    }
    this.#keep(utterance);
    this.#settle();
  }

  /** The ring may move on before the last decode of an ended utterance is taken. */
  #keep(utterance: Utterance): void {
    if (utterance.final === undefined) return;
    const from = Math.max(utterance.final.from, this.#ring.start);
    utterance.kept = { from, samples: this.#ring.read(from, utterance.final.to) };
  }

  /** Too little voice for a word is not decoded; words already stable are finalised without it. */
  #hasVoice(utterance: Utterance, at: number): boolean {
    const needed = utterance.text === '' ? this.#desk.pipeline.vad.minSpeechMs : 60;
    return this.#voices.voiced(utterance.anchor, at) >= msToSamples(needed);
  }

  #askFinal(utterance: Utterance, to: number): void {
    if (utterance.end === undefined && !this.#hasVoice(utterance, to)) return;
    this.#dropPartial(utterance);
    const job = this.#desk.nextJob();
    const end = Math.min(to, utterance.anchor + DECODE_SAMPLES_MAX);
    const { language, lead } = this.#manner.choose(utterance, end, this.#lead(utterance));
    utterance.final = { job, from: lead?.from ?? utterance.anchor, to: end, language, lead };
    this.#desk.publisher.ask({ kind: 'recognise', job, final: true });
  }

  /** Between a lead and the open sentence nothing may wait: it would be heard twice. */
  #lead(utterance: Utterance): LeftContext | undefined {
    return this.#utterances[0] === utterance ? this.#finaliser.lead : undefined;
  }

  /** A final answers all a partial would; its slot is better used. */
  #dropPartial(utterance: Utterance): void {
    if (utterance.partial === undefined) return;
    this.#desk.publisher.ask({ kind: 'forget', job: utterance.partial.job });
    utterance.partial = undefined;
  }

  #readPartial(utterance: Utterance, hypothesis: Hypothesis): void {
    const { to, lead } = utterance.partial!;
    utterance.partial = undefined;
    if (this.#manner.discards(utterance, hypothesis, to)) return;
    const seconds = (to - utterance.anchor) / SAMPLE_RATE;
    if (!this.#manner.language.trusts(hypothesis, seconds)) {
      utterance.doubted = { from: utterance.anchor, to };
      return;
    }
    if (lead === undefined && this.#manner.language.confirms(hypothesis, seconds)) utterance.sureAt = utterance.anchor;
    if (this.#misses(utterance, hypothesis, { to, lead })) return;
    const heard = utterance.listening(utterance.anchor, to);
    if (this.#finaliser.grow(utterance, hypothesis, { to, lead })) this.#manner.learn(hypothesis, heard);
  }

  #readFinal(utterance: Utterance, hypothesis: Hypothesis): void {
    const final = utterance.final!;
    if (this.#manner.discards(utterance, hypothesis, final.to) || this.#manner.isMisled(utterance, hypothesis)) {
      this.#askFinal(utterance, final.to);
      return;
    }
    if (!this.#manner.language.trusts(hypothesis, (final.to - final.from) / SAMPLE_RATE)) {
      utterance.doubted = { from: utterance.anchor, to: final.to };
      this.#askFinal(utterance, final.to);
      return;
    }
    if (this.#misses(utterance, hypothesis, final)) {
      this.#askFinal(utterance, final.to);
      return;
    }
    final.answer = hypothesis;
    this.#settle();
  }

  /** Whether nothing was heard behind the lead, though there was a voice: the decoder stopped too early. */
  #misses(utterance: Utterance, hypothesis: Hypothesis, { to, lead }: DecodedSpan): boolean {
    if (lead === undefined || removeLeftContext(hypothesis.words, lead).length > 0) return false;
    utterance.leadless = this.#hasVoice(utterance, to);
    return utterance.leadless;
  }

  /** Publishes finished utterances in the order they were spoken. */
  #settle(): void {
    for (;;) {
      const utterance = this.#utterances[0];
      if (utterance?.end === undefined) return;
      if (utterance.final !== undefined && utterance.final.answer === undefined) return;
      this.#conclude(utterance);
      // What was set aside leads nothing.
      if (utterance.retries >= RETRIES_MAX) this.#finaliser.lead = undefined;
      this.#utterances.shift();
      const atMs = endMs(utterance);
      this.#desk.publisher.event({ type: 'settled', channel: this.#channel, atMs });
    }
  }

  #conclude(utterance: Utterance): void {
    const answer = utterance.final?.answer;
    const language = answer?.language ?? this.#manner.language.locked ?? 'en';
    this.#finaliser.conclude(utterance, language);
    if (answer === undefined || answer.words.length === 0) return;
    this.#manner.learn(answer, utterance.listening(utterance.anchor, utterance.final!.to));
  }

  #giveUp(utterance: Utterance): void {
    const { to } = utterance.final!;
    this.#desk.publisher.event({
      type: 'notice',
      code: 'engine.restarted',
      text: 'This audio could not be decoded and was set aside; the words shown so far are kept.',
      channel: this.#channel,
      fromMs: samplesToMs(utterance.anchor),
      toMs: samplesToMs(to),
    });
    utterance.conclude([...utterance.words.stable, ...utterance.tentative]);
    utterance.final = undefined;
    if (utterance.end === undefined) this.#end(utterance, to);
    else this.#settle();
  }
}

/** Where the voice of an utterance that has ended was last heard. */
function endMs({ lastVoice, end }: Utterance): number {
  return samplesToMs(Math.min(lastVoice, end ?? lastVoice));
}

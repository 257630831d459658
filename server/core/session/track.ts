import { AudioRing } from '../audio/ring.ts';
import type { Hypothesis } from '../hypothesis.ts';
import { type ChineseScript, detectScript, findRequestedScript, withScript } from '../script/chinese-script.ts';
import { copyEvidence } from '../speech/span-evidence.ts';
import { VAD_WINDOW_SAMPLES } from '../speech/vad-history.ts';
import type { SpanEvidence } from '../stable/hallucinations.ts';
import { joinWords } from '../stable/words.ts';
import { SAMPLE_RATE, samplesToMs } from '../time.ts';
import type { DecodeConditions, SessionConditions } from './conditions.ts';
import { DecodePlanner, FAILURES_MAX, type GrowingDecode } from './decode-planner.ts';
import { DecodePolicy, detectionProgress } from './decode-policy.ts';
import type { SpeechEnd } from './decode-state.ts';
import type { OutputQueue } from './output-queue.ts';
import type { DecodeSpan } from './outputs.ts';
import { findSilentEnd, findStretchEnd } from './recording-stretches.ts';
import type { SecondHearing } from './second-hearing.ts';
import { Segmenter } from './segmenter.ts';
import type { Sentences } from './sentences.ts';
import type { PipelineOptions, SessionSettings } from './settings.ts';
import type { TrackSnapshot } from './snapshot.ts';
import { Utterance } from './utterance.ts';
import { UtterancePublisher } from './utterance-publisher.ts';
import { readHypothesis, readUtterance } from './utterance-reading.ts';
import { WordGap } from './word-gap.ts';

/** Audio before the open speech that is replayed after a restart: enough for the VAD to settle. */
const REPLAY_SAMPLES = SAMPLE_RATE;

export interface TrackOptions {
  readonly channel: number;
  readonly pipeline: PipelineOptions;
  readonly outputs: OutputQueue;
  readonly sentences: Sentences;
  readonly secondHearing: SecondHearing;
  readonly settings: SessionSettings;
  /** The first sample it will be given. */
  readonly from: number;
  /** How it stood before a restart. */
  readonly snapshot: TrackSnapshot | undefined;
}

/** One speaker's channel: from audio and probabilities to sentences. Positions are samples. */
export class Track {
  readonly #channel: number;
  readonly #pipeline: PipelineOptions;
  readonly #outputs: OutputQueue;
  readonly #sentences: Sentences;
  readonly #secondHearing: SecondHearing;
  readonly #ring: AudioRing;
  readonly #segmenter: Segmenter;
  readonly #policy: DecodePolicy;
  readonly #planner: DecodePlanner;
  readonly #publisher: UtterancePublisher;
  readonly #gap: WordGap;
  /** Oldest first; only the last may still grow, and only the first may publish. */
  readonly #utterances: Utterance[];
  /** Where the speech that is open began, or the last one. */
  #speechStart: number;
  /** End of the last window whose probability was asked for. */
  #askedTo: number;

  constructor({ channel, pipeline, outputs, sentences, secondHearing, settings, from, snapshot }: TrackOptions) {
    const ring = new AudioRing(pipeline.ringSeconds * SAMPLE_RATE, from);
    const segmenter = new Segmenter({ pipeline, ring, from, snapshot });
    const policy = new DecodePolicy({ channel, pipeline, outputs, settings, language: snapshot?.language });
    const { history } = segmenter;
    this.#channel = channel;
    this.#pipeline = pipeline;
    this.#outputs = outputs;
    this.#sentences = sentences;
    this.#secondHearing = secondHearing;
    this.#ring = ring;
    this.#segmenter = segmenter;
    this.#policy = policy;
    this.#planner = new DecodePlanner({ pipeline, ring, segmenter, outputs, policy });
    this.#gap = new WordGap(channel, outputs, snapshot?.lastWord);
    this.#publisher = new UtterancePublisher({
      ...{ channel, pipeline, ring, history, outputs, sentences, gap: this.#gap },
      ...{ spare: snapshot?.spare, announced: snapshot?.announced },
    });
    this.#utterances = (snapshot?.utterances ?? []).map((utterance) => new Utterance(pipeline, utterance));
    this.#askedTo = from;
    this.#speechStart = this.#utterances.at(-1)?.sentenceStart ?? from;
  }

  get snapshot(): TrackSnapshot {
    const { lastVoice } = this.#segmenter;
    return {
      ...this.#segmenter.snapshot,
      language: this.#policy.languageSnapshot,
      spare: this.#publisher.spare,
      announced: this.#publisher.announced,
      lastWord: this.#gap.lastWord,
      utterances: this.#utterances.map((utterance) => utterance.snapshot(lastVoice)),
    };
  }

  /** The first sample that must be replayed to go on after a restart. */
  get neededFrom(): number {
    const open = this.#utterances[0]?.sentenceStart ?? this.judgedTo;
    return Math.max(this.#ring.start, Math.min(this.judgedTo, open) - REPLAY_SAMPLES);
  }

  /** End of the audio it was given. */
  get receivedTo(): number {
    return this.#ring.end;
  }

  /** End of the audio the VAD has judged. */
  get judgedTo(): number {
    return this.#segmenter.judged;
  }

  /** Whether nothing waits to be published. */
  get isIdle(): boolean {
    return this.#utterances.length === 0;
  }

  /** Audio that waits, samples: not judged yet, or ended and not decoded. */
  get undecoded(): number {
    return this.#utterances.reduce(
      (sum, { end, sentenceStart }) => (end === undefined ? sum : sum + end.at - sentenceStart),
      this.receivedTo - this.judgedTo,
    );
  }

  changeLanguage(settings: SessionSettings): void {
    this.#policy.changeLanguage(settings);
    for (const utterance of this.#utterances) utterance.move({ kind: 'forgetLanguage' });
  }

  addAudio(samples: Float32Array): void {
    this.#ring.write(samples);
    while (this.#askedTo + VAD_WINDOW_SAMPLES <= this.#ring.end) {
      const from = this.#askedTo;
      this.#askedTo += VAD_WINDOW_SAMPLES;
      this.#outputs.push({ kind: 'detect', channel: this.#channel, from, to: this.#askedTo });
    }
  }

  /** A copy of the audio in [from, to), as far as it is there; undefined when its beginning is gone. */
  audio(from: number, to: number): Float32Array<ArrayBuffer> | undefined {
    return this.#ring.find(from, to);
  }

  /** A copy of what the VAD says about samples [from, to), to be asked when the window has moved on. */
  copyEvidence(from: number, to: number): SpanEvidence {
    return copyEvidence(this.#segmenter.history, from, to);
  }

  /** Takes the probability of speech in the window [from, to). */
  judge(from: number, to: number, probability: number, conditions: SessionConditions): void {
    this.#judge(from, to, probability, conditions);
    const [first] = this.#utterances;
    const open = first?.sentenceStart ?? to;
    const isWordless = first?.isGrowing === true && first.text.lastWord === undefined;
    this.#gap.report(open, isWordless, conditions.settings.endpoint.gapMs);
    this.#secondHearing.advance(this.#channel, { to, open }, conditions.settings);
  }

  #judge(from: number, to: number, probability: number, conditions: SessionConditions): void {
    const growing = this.#growing();
    switch (this.#segmenter.observe(from, to, probability)) {
      case 'replayed':
      case 'quiet':
        return;
      case 'replayEnded':
        return this.#requestRestored(conditions);
      case 'started':
        return this.#begin(from, to);
      case 'voice':
        this.#continueSpeech(growing!, to, conditions);
        return this.#limit(growing!, to, conditions);
      case 'silence':
        this.#fallSilent(growing!, to, conditions);
        return this.#limit(growing!, to, conditions);
    }
  }

  /** Ends what is being said at the sample `at`, without waiting for silence. Returns what is to be published then. */
  cut(at: number, conditions: SessionConditions): readonly Utterance[] {
    const growing = this.#growing();
    if (growing !== undefined) this.#end(growing, at, conditions);
    return [...this.#utterances];
  }

  /** Speech from before the sample `at` that has ended and is not published. */
  endedBefore(at: number): readonly Utterance[] {
    return this.#utterances.filter(({ sentenceStart, isGrowing }) => !isGrowing && sentenceStart < at);
  }

  /** What to decode for a job; undefined when it is none of this track's, or no longer wanted. */
  take(job: number, conditions: SessionConditions): DecodeSpan | undefined {
    const utterance = this.#find(job);
    return utterance && this.#planner.take(utterance, this.#decodeConditions(utterance, conditions));
  }

  /** Reads the answer to a job, if it is one of this track's and still wanted. */
  read(job: number, hypothesis: Hypothesis, conditions: SessionConditions): void {
    const utterance = this.#find(job);
    if (utterance === undefined) return;
    const written = withScript(hypothesis, this.#chooseScript(utterance, conditions));
    const result = this.#planner.read(utterance, written, this.#decodeConditions(utterance, conditions));
    if (result.kind === 'final') return this.#readFinal(utterance, conditions);
    if (result.kind === 'unusable') return;
    this.#grow(utterance, result.decode, conditions);
  }

  /** The script that a decode is written in if it is Chinese. What is stable never changes, so an open sentence keeps its own. */
  #chooseScript({ text }: Utterance, { settings }: SessionConditions): ChineseScript | undefined {
    return detectScript(joinWords(text.stable)) ?? findRequestedScript(settings) ?? this.#sentences.script;
  }

  /** The decode up to a pause may say that the speech is over, or there is a final to publish. */
  #readFinal(utterance: Utterance, conditions: SessionConditions): void {
    if (utterance.isGrowing) this.#endWhenOver(utterance, this.judgedTo, conditions);
    else this.#publishComplete(conditions);
  }

  /** Reads a decode of growing speech, at the end of which a sentence may have ended in a pause. */
  #grow(utterance: Utterance, decode: GrowingDecode, conditions: SessionConditions): void {
    const { hypothesis, span, language, pause, endSamples } = decode;
    const { settings } = conditions;
    const isEnd =
      pause !== undefined && this.#segmenter.endedInPause(pause, readHypothesis(hypothesis), settings.endpoint);
    const isFinal = isEnd
      ? this.#publisher.endSentence(utterance, hypothesis, span, settings)
      : this.#publisher.grow(utterance, hypothesis, { ...span, endSamples }, settings);
    if (isFinal) this.#policy.learnLanguage(hypothesis, language);
    if (this.#gap.endsSpeech(utterance.text.lastWord, span.to, settings.endpoint.gapMs))
      this.#end(utterance, this.judgedTo, conditions);
  }

  /** Takes the turn detector's answer about the pause up to `to`, which may end the speech at once. */
  noteTurnEnd(to: number, probability: number, conditions: SessionConditions): void {
    if (!this.#segmenter.noteTurnEnd(to, probability)) return;
    const growing = this.#growing();
    if (growing !== undefined) this.#endWhenOver(growing, this.judgedTo, conditions);
  }

  /** A job was not decoded. */
  lose(job: number, reason: 'dropped' | 'failed', conditions: SessionConditions): void {
    const utterance = this.#find(job);
    if (utterance === undefined) return;
    const setAsideTo = this.#planner.lose(utterance, reason, this.#decodeConditions(utterance, conditions));
    if (setAsideTo !== undefined) this.#setAside(utterance, setAsideTo, conditions);
  }

  #find(job: number): Utterance | undefined {
    return this.#utterances.find(({ pendingJob }) => pendingJob === job);
  }

  #growing(): Utterance | undefined {
    const last = this.#utterances.at(-1);
    return last?.isGrowing === true ? last : undefined;
  }

  /** Nothing may wait between left context and the open sentence: its words would come out twice. */
  #decodeConditions(utterance: Utterance, conditions: SessionConditions): DecodeConditions {
    const leftContext = this.#utterances[0] === utterance ? this.#publisher.leftContext : undefined;
    return { ...conditions, leftContext, finals: this.#sentences.context };
  }

  #begin(from: number, to: number): void {
    const earliest = this.#utterances.at(-1)?.end?.at ?? 0;
    const start = this.#segmenter.begin(from, to, earliest);
    this.#speechStart = start;
    this.#utterances.push(new Utterance(this.#pipeline, start));
    this.#outputs.pushEvent({ type: 'speech', channel: this.#channel, state: 'start', atMs: samplesToMs(from) });
  }

  /** All audio that was judged before a restart has been replayed: requests the decodes that were under way then. */
  #requestRestored(conditions: SessionConditions): void {
    for (const utterance of this.#utterances)
      this.#planner.requestRestored(utterance, this.#decodeConditions(utterance, conditions));
    this.#publishComplete(conditions);
  }

  #continueSpeech(utterance: Utterance, to: number, conditions: SessionConditions): void {
    if (isRecording(conditions)) return;
    this.#publisher.withdrawEnd();
    const decode = this.#planner.resume(utterance, conditions);
    // Only the first may publish, so only its partials are of use.
    if (this.#utterances[0] !== utterance) return this.#planner.dropPartial(utterance);
    if (decode !== undefined) this.#grow(utterance, decode, conditions);
    this.#planner.requestPartialWhenDue(utterance, to, this.#decodeConditions(utterance, conditions));
  }

  #fallSilent(utterance: Utterance, to: number, conditions: SessionConditions): void {
    if (isRecording(conditions)) {
      const at = findSilentEnd(this.#segmenter.lastVoice, to);
      if (at !== undefined) this.#end(utterance, at, conditions);
      return;
    }
    if (this.#segmenter.isPause(to)) {
      this.#askAboutTurn(to);
      this.#planner.speculate(utterance, to, this.#decodeConditions(utterance, conditions));
    }
    this.#endWhenOver(utterance, to, conditions);
  }

  #endWhenOver(utterance: Utterance, to: number, conditions: SessionConditions): void {
    if (isRecording(conditions)) return;
    const { settings } = conditions;
    const reading = readUtterance(utterance, this.#policy.language);
    const isOver = this.#segmenter.isOver(to, reading, settings.endpoint);
    if (!isOver && !this.#segmenter.isLikelyOver(to, reading, settings.endpoint)) return;
    const estimate = this.#segmenter.estimateEndConfidence(to, reading, settings.endpoint);
    const confidence = Math.round(estimate * 1_000) / 1_000;
    if (isOver) return this.#end(utterance, to, conditions, { confidence });
    const { lastVoice } = this.#segmenter;
    // What waits before it comes out first.
    if (this.#utterances[0] === utterance) this.#publisher.announceEnd(utterance, { confidence, lastVoice }, settings);
  }

  #askAboutTurn(to: number): void {
    if (this.#pipeline.turn === undefined) return;
    const range = this.#segmenter.askAboutTurn(this.#speechStart, to);
    if (range !== undefined) this.#outputs.push({ kind: 'predictTurnEnd', channel: this.#channel, ...range });
  }

  /** Speech that never pauses is cut at the quietest place before the window is full. */
  #limit(utterance: Utterance, to: number, conditions: SessionConditions): void {
    if (!utterance.isGrowing) return;
    const { sentenceStart } = utterance;
    const at = isRecording(conditions)
      ? findStretchEnd(sentenceStart, to, this.#segmenter.history, this.#ring)
      : this.#segmenter.findCut(sentenceStart, to);
    if (at === undefined) return;
    this.#end(utterance, at, conditions, { continues: true });
    this.#begin(at, to);
  }

  /** `details` are further fields of the event. */
  #end(
    utterance: Utterance,
    at: number,
    conditions: SessionConditions,
    details: { readonly confidence?: number; readonly continues?: true } = {},
  ): void {
    const end = { at, lastVoice: this.#segmenter.lastVoice };
    this.#segmenter.end();
    this.#planner.dropPartial(utterance);
    this.#outputs.pushEvent({ type: 'speech', channel: this.#channel, state: 'end', atMs: endMs(end), ...details });
    this.#planner.end(utterance, end, this.#decodeConditions(utterance, conditions));
    this.#publishComplete(conditions);
  }

  /** Publishes utterances that are decoded, in the order they were spoken. */
  #publishComplete(conditions: SessionConditions): void {
    for (;;) {
      const utterance = this.#utterances[0];
      if (utterance?.phase.kind !== 'complete') return;
      const { end, decode } = utterance.phase;
      this.#publisher.conclude(utterance, this.#policy.language ?? 'en', conditions.settings);
      if (decode !== undefined && decode.hypothesis.words.length > 0) {
        const span = detectionProgress(utterance.sentenceStart, decode.request.to, utterance.decode.findings);
        this.#policy.learnLanguage(decode.hypothesis, span);
      }
      // Audio that was set aside is left context of nothing.
      if (utterance.decode.findings.failures >= FAILURES_MAX) this.#publisher.forgetLeftContext();
      utterance.move({ kind: 'publish' });
      this.#utterances.shift();
      this.#outputs.pushEvent({ type: 'settled', channel: this.#channel, atMs: endMs(end) });
      this.#secondHearing.settle(this.#channel, end.at, conditions.settings);
    }
  }

  /** The final of an utterance cannot be decoded: the words recognised so far are all there is. */
  #setAside(utterance: Utterance, to: number, conditions: SessionConditions): void {
    this.#outputs.pushEvent({
      type: 'notice',
      code: 'engine.restarted',
      text: 'This audio could not be decoded and was set aside; the words shown so far are kept.',
      channel: this.#channel,
      fromMs: samplesToMs(utterance.sentenceStart),
      toMs: samplesToMs(to),
    });
    utterance.text.finishAsRecognised(utterance.sentenceStart);
    if (utterance.isGrowing) this.#end(utterance, to, conditions);
    else this.#publishComplete(conditions);
  }
}

const isRecording = ({ settings }: SessionConditions): boolean => settings.source === 'recording';

/** When the voice of speech that has ended was last heard. */
function endMs({ at, lastVoice }: SpeechEnd): number {
  return samplesToMs(Math.min(lastVoice, at));
}

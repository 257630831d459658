import type { EventBody } from '../../protocol/index.ts';
import type { Hypothesis, Word } from '../../server/core/hypothesis.ts';
import type { SessionInput } from '../../server/core/session/inputs.ts';
import type { DecodeSpan, SessionOutput } from '../../server/core/session/outputs.ts';
import { SessionCore } from '../../server/core/session/session.ts';
import { PIPELINE, type PipelineOptions } from '../../server/core/session/settings.ts';
import type { SessionSnapshot } from '../../server/core/session/snapshot.ts';
import { VAD_WINDOW_SAMPLES } from '../../server/core/speech/vad-history.ts';
import { joinSentences } from '../../transcript/index.ts';
import { LOUD, QUIET, SETTINGS, type Step, VOCABULARY } from './random-session-steps.ts';
import { sureHypothesis } from './sure-hypothesis.ts';

/** Drives a session with random answers to whatever it asks, and holds every event to the contract. */
export class Harness {
  readonly events: EventBody[] = [];
  steps = 0;
  flushes = 0;
  restarts = 0;
  /** Answers of the turn detector at which speech ended. */
  turnEnds = 0;
  #session: SessionCore;
  readonly #pipeline: PipelineOptions;
  /** Decodes that are wanted; of those that run, what they decode. */
  readonly #jobs: number[] = [];
  readonly #running = new Map<number, DecodeSpan>();
  /** Everything heard, and what the VAD said of each window. */
  readonly #tones: Float32Array[] = [];
  readonly #verdicts: number[] = [];
  /** Windows it has not answered for yet. */
  readonly #unjudged: number[] = [];
  readonly #cleanings: { sentence: number; text: string; revised?: true | undefined }[] = [];
  /** Stretches that are to be decoded again. */
  readonly #stretches: Extract<SessionOutput, { kind: 'hearAgain' }>[] = [];
  /** What the turn detector was asked about and has not answered, however old, also from before a restart. */
  readonly #turns: number[] = [];
  readonly #stable = new Map<number, string>();
  readonly #finals = new Map<number, string>();
  readonly #cleaned = new Set<number>();
  /** Texts of sentences that were heard again, and which of them are cleaned. */
  readonly #revised = new Map<number, string>();
  readonly #revisedCleaned = new Set<number>();
  /** Ends of speech that are not settled yet. */
  #unsettled: number[] = [];
  /** Text announced as the rest of the speech, and that of the finals since. */
  #announced: string | undefined;
  #sinceAnnounced: string[] = [];
  /** Ends of speech whose text was as announced. */
  announcedEnds = 0;
  #reportedWord = -1;
  #speaking = false;
  #voice = false;

  constructor(policy: PipelineOptions['commit']['policy'], pace: 'fast' | 'slow') {
    // Short segments, so that speech is often cut where no sentence ends.
    const segment = { softMs: 1_000, hardMs: 5_000 };
    const models = { own: 'own', small: 'small' };
    // Every decode counts as a slow one, or none does.
    const sentenceEnd = { ...PIPELINE.sentenceEnd, slowMs: pace === 'slow' ? 0 : 10_000, seldomMs: 10_000 };
    // As short, so that there are many stretches.
    const secondHearing = { ...PIPELINE.secondHearing, leastMs: 1_000, mostMs: 6_000 };
    const commit = { ...PIPELINE.commit, policy };
    this.#pipeline = { ...PIPELINE, segment, models, sentenceEnd, secondHearing, commit };
    this.#session = new SessionCore(SETTINGS, this.#pipeline);
  }

  run(one: Step): void {
    this.steps++;
    switch (one.kind) {
      case 'hear':
        return this.#hear(one.voice, one.windows, one.isVadLate);
      case 'restart':
        return this.#restart(one.isVadLate);
      case 'answer':
        return this.#answer(one.pick, one.words, one.sure, one.change);
      case 'turn':
        return this.#answerTurn(one.pick, one.probability, one.isDecoded);
      case 'lose':
        return this.#lose(one.pick, one.failed ? 'failed' : 'dropped');
      case 'start':
        return this.#start(this.#jobs[one.pick % this.#jobs.length]);
      case 'clean':
        return this.#clean(one.pick, one.late);
      case 'hearAgain':
        return this.#hearAgain(one.pick, one.words);
      case 'flush':
        this.flushes++;
        return this.#handle({ kind: 'flush', id: undefined });
      case 'pause':
        return this.#handle({ kind: 'pause' });
      case 'configure':
        return this.#handle({ kind: 'configure', settings: one.change });
      case 'load':
        return this.#handle({ kind: 'load', serviceLevel: one.level });
    }
  }

  #handle(input: SessionInput): void {
    this.#take(this.#session.handle(input));
  }

  #hear(voice: boolean, windows: number, isVadLate: boolean): void {
    this.#voice = voice;
    const tone = (voice ? LOUD : QUIET).subarray(0, VAD_WINDOW_SAMPLES * windows);
    this.#tones.push(tone);
    this.#handle({ kind: 'audio', channels: [tone] });
    if (!isVadLate) this.#judge();
  }

  /** The VAD has looked at everything it was asked about. */
  #judge(): void {
    for (let window = this.#unjudged.shift(); window !== undefined; window = this.#unjudged.shift()) {
      const value = this.#verdicts[window]!;
      const from = window * VAD_WINDOW_SAMPLES;
      this.#handle({ kind: 'probability', channel: 0, from, to: from + VAD_WINDOW_SAMPLES, value });
    }
  }

  /** The turn detector answers one of its last questions, in any order; the last one perhaps again. */
  #answerTurn(pick: number, probability: number, isDecoded: boolean): void {
    // Most often the decode up to the pause is there first, and reads like a finished sentence.
    if (isDecoded) this.#answer(this.#jobs.length - 1, [0, 2, 5], true, {});
    const to = this.#turns.at(-1 - pick);
    if (to === undefined) return;
    if (pick > 0) this.#turns.splice(this.#turns.indexOf(to), 1);
    const wasSpeaking = this.#speaking;
    this.#handle({ kind: 'turnEnd', channel: 0, to, probability });
    if (wasSpeaking && !this.#speaking) this.turnEnds++;
  }

  /** A slot is free for a job. */
  #start(job: number | undefined): void {
    if (job === undefined || this.#running.has(job)) return;
    const span = this.#session.take(job);
    if (span === undefined) throw new Error(`job ${job} is wanted, and nothing is to be decoded for it`);
    this.#running.set(job, span);
  }

  #lose(pick: number, reason: 'failed' | 'dropped'): void {
    const [job] = this.#jobs.splice(pick % this.#jobs.length, 1);
    if (job !== undefined) this.#handle({ kind: 'undecoded', job, reason });
  }

  /** The process is gone with everything but the snapshot and the audio from there on. */
  #restart(isVadLate: boolean): void {
    this.restarts++;
    const snapshot = JSON.parse(JSON.stringify(this.#session.snapshot)) as SessionSnapshot;
    const received = this.#session.receivedSamples;
    this.#jobs.length = 0;
    this.#running.clear();
    this.#cleanings.length = 0;
    this.#stretches.length = 0;
    this.#unjudged.length = 0;
    this.#session = new SessionCore(SETTINGS, this.#pipeline, snapshot);
    const again = new Float32Array(received - snapshot.from);
    let at = 0;
    for (const tone of this.#tones) {
      if (at + tone.length > snapshot.from)
        again.set(tone.subarray(Math.max(0, snapshot.from - at)), Math.max(0, at - snapshot.from));
      at += tone.length;
    }
    this.#handle({ kind: 'audio', channels: [again] });
    if (!isVadLate) this.#judge();
  }

  end(): void {
    this.#judge();
    this.#handle({ kind: 'finish' });
    const isAsking = () => this.#jobs.length > 0 || this.#cleanings.length > 0 || this.#stretches.length > 0;
    for (let i = 0; i < 1_000 && isAsking(); i++) {
      this.#answer(0, [0, 2, 4], true, {});
      this.#hearAgain(0, [0, 3, 4]);
      this.#clean(0, false);
    }
    if (this.#session.state !== 'closed') throw new Error('the session did not close');
    if (this.#session.undecodedSamples >= VAD_WINDOW_SAMPLES) throw new Error('audio was never decoded');
    const flushed = this.events.filter((event) => event.type === 'flushed').length;
    if (flushed !== this.flushes) throw new Error(`${this.flushes} flushes, ${flushed} answers`);
    if (this.#speaking || this.#unsettled.length > 0) throw new Error('speech was never settled');
    for (const sentence of this.#finals.keys()) {
      const cleaned = this.#revised.has(sentence) ? this.#revisedCleaned : this.#cleaned;
      if (!cleaned.has(sentence)) throw new Error(`sentence ${sentence} was never cleaned`);
    }
    for (const sentence of this.#stable.keys()) {
      if (!this.#finals.has(sentence) && this.#stable.get(sentence) !== '')
        throw new Error(`stable text of ${sentence} was lost`);
    }
  }

  #answer(pick: number, indices: readonly number[], sure: boolean, change: Partial<Hypothesis>): void {
    const job = this.#jobs[pick % this.#jobs.length];
    if (job === undefined) return;
    this.#start(job);
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    const span = this.#running.get(job)!;
    const words = spread(indices, span.fromSample, span.samples.length, sure ? 0.99 : 0.5);
    // A decode that was given its language says so.
    const detected = span.language === 'auto' ? {} : { language: span.language, languageProbability: 1 };
    this.#handle({ kind: 'hypothesis', job, hypothesis: sureHypothesis(words, { ...change, ...detected }) });
  }

  #hearAgain(pick: number, indices: readonly number[] | undefined): void {
    const [wanted] = this.#stretches.splice(pick % Math.max(1, this.#stretches.length), 1);
    if (wanted === undefined) return;
    const { stretch, span, to } = wanted;
    if (indices === undefined) return this.#handle({ kind: 'noSecondHypothesis', stretch });
    const words = spread(indices, span.fromSample, to - span.fromSample, 0.99);
    this.#handle({ kind: 'secondHypothesis', stretch, hypothesis: sureHypothesis(words, { language: span.language }) });
  }

  #clean(pick: number, late: boolean): void {
    const [wanted] = this.#cleanings.splice(pick, 1);
    if (wanted === undefined) return;
    const { sentence, text, revised } = wanted;
    const input = late
      ? ({ kind: 'unwritten', sentence, revised, reason: 'late', tookMs: 1 } as const)
      : ({ kind: 'rewrite', sentence, revised, text, model: 'test', tookMs: 1 } as const);
    this.#handle(input);
  }

  #take(outputs: readonly SessionOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'detect') {
        const window = output.from / VAD_WINDOW_SAMPLES;
        this.#verdicts[window] ??= this.#voice ? 0.95 : 0.02;
        this.#unjudged.push(window);
      }
      if (output.kind === 'predictTurnEnd') {
        const { from, to } = output;
        const audio = this.#session.audio(0, from, to);
        if (audio.length > 8 * 16_000) throw new Error('the turn detector is asked about more than it hears');
        this.#turns.push(to);
      }
      if (output.kind === 'recognise') this.#jobs.push(output.job);
      if (output.kind === 'forget') this.#jobs.splice(this.#jobs.indexOf(output.job) >>> 0, 1);
      if (output.kind === 'clean') this.#cleanings.push(output);
      if (output.kind === 'hearAgain') this.#stretches.push(output);
      if (output.kind === 'event') this.#check(output.event);
    }
  }

  /** What is announced as the rest of the speech comes, or is withdrawn before anything else comes. */
  #checkAnnounced(event: EventBody): void {
    if (event.type === 'turn' && event.state === 'eager') {
      if (this.#announced !== undefined) throw new Error('announced twice');
      if (!this.#speaking || !event.text) throw new Error(`announced "${event.text}", speaking: ${this.#speaking}`);
      this.#announced = event.text;
      this.#sinceAnnounced = [];
    }
    if (event.type === 'turn' && event.state === 'resumed') {
      if (this.#announced === undefined) throw new Error('resumed, and nothing was announced');
      if (this.#sinceAnnounced.length > 0) throw new Error('withdrawn after a final');
      this.#announced = undefined;
    }
    if (this.#announced === undefined) return;
    if (event.type === 'final') this.#sinceAnnounced.push(event.text);
    if (event.type !== 'settled') return;
    const text = joinSentences(this.#sinceAnnounced);
    if (text !== this.#announced) throw new Error(`announced "${this.#announced}", said "${text}"`);
    this.#announced = undefined;
    this.announcedEnds++;
  }

  #check(event: EventBody): void {
    this.events.push(event);
    if (event.type === 'speech') {
      if (this.#speaking !== (event.state === 'end')) throw new Error(`a second ${event.state} of speech`);
      this.#speaking = event.state === 'start';
      if (event.state === 'end') this.#unsettled.push(event.atMs);
    }
    if (event.type === 'settled' && this.#unsettled.shift() !== event.atMs) throw new Error('settled before its end');
    this.#checkAnnounced(event);
    if (event.type === 'gap') {
      if (event.wordMs === this.#reportedWord) throw new Error(`a second gap after ${event.wordMs} ms`);
      this.#reportedWord = event.wordMs;
    }
    if (event.type === 'final' && !this.#speaking && this.#unsettled.length === 0)
      throw new Error('a final after its speech was settled');
    if (event.type === 'partial') {
      if (this.#finals.has(event.sentence)) throw new Error(`a partial after the final of ${event.sentence}`);
      const before = this.#stable.get(event.sentence) ?? '';
      if (!event.stable.startsWith(before)) throw new Error(`stable text changed: "${before}" -> "${event.stable}"`);
      this.#stable.set(event.sentence, event.stable);
    }
    if (event.type === 'final') {
      if (this.#finals.has(event.sentence)) throw new Error(`two finals of ${event.sentence}`);
      const stable = this.#stable.get(event.sentence) ?? '';
      if (!event.text.startsWith(stable)) throw new Error(`"${stable}" is no prefix of the final "${event.text}"`);
      if (event.text === '') throw new Error('an empty final');
      this.#finals.set(event.sentence, event.text);
    }
    if (event.type === 'revised') {
      if (!this.#finals.has(event.sentence)) throw new Error(`a revision before the final of ${event.sentence}`);
      if (this.#revised.has(event.sentence)) throw new Error(`two revisions of ${event.sentence}`);
      this.#revised.set(event.sentence, event.text);
    }
    if (event.type === 'cleaned') {
      const before = event.revised ? this.#revised : this.#finals;
      const cleaned = event.revised ? this.#revisedCleaned : this.#cleaned;
      if (!before.has(event.sentence)) throw new Error(`a cleaning before the text of ${event.sentence}`);
      if (cleaned.has(event.sentence)) throw new Error(`two cleanings of ${event.sentence}`);
      if (!event.revised && this.#revised.has(event.sentence))
        throw new Error(`a cleaning of what ${event.sentence} said before its revision`);
      cleaned.add(event.sentence);
    }
  }
}

/** Words one after the other over a span. */
function spread(indices: readonly number[], fromSample: number, samples: number, confidence: number): Word[] {
  const each = samples / Math.max(1, indices.length);
  return indices.map((index, i): Word => {
    const from = Math.round(fromSample + i * each);
    return { text: VOCABULARY[index]!, space: true, from, to: Math.round(from + each), confidence };
  });
}

/** Legal moves of the decode state that no session has made yet. */

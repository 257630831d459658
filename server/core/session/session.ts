import type { Configure } from '../../../protocol/index.ts';
import { FULL_SERVICE_LEVEL, type ServiceLevel } from '../schedule/load-shedder.ts';
import { VAD_WINDOW_SAMPLES } from '../speech/vad-history.ts';
import { samplesToMs } from '../time.ts';
import type { SessionInput } from './inputs.ts';
import type { DecodeSpan, SessionOutput } from './outputs.ts';
import { Publisher } from './publisher.ts';
import type { PipelineOptions, SessionSettings } from './settings.ts';
import type { SessionSnapshot } from './snapshot.ts';
import { type SessionState, transition } from './state.ts';
import { Track } from './track.ts';
import type { Utterance } from './utterance.ts';

/** A wish to finalise what was heard up to `at`; it waits until the VAD has judged that far. */
interface Cut {
  readonly at: number;
  readonly answer: boolean;
  readonly id: string | undefined;
  /** Set once the speech has been cut; the answer is due when all of these are published. */
  waiting?: readonly Utterance[];
}

/** Behind by this much is worth telling the client; caught up is what is below half of it. */
const LAG_NOTICE_MS = 2_000;

/** The whole transcript logic of one session, as a function from inputs to outputs. It reads no clock and never waits. */
export class SessionCore {
  readonly #pipeline: PipelineOptions;
  readonly #publisher: Publisher;
  readonly #tracks: readonly Track[];
  #settings: SessionSettings;
  #state: SessionState;
  #jobs = 0;
  #advice = FULL_SERVICE_LEVEL;
  #lagging: boolean;
  readonly #cuts: Cut[];

  /** `seed` is how it stood before a restart; its first audio must then begin at `seed.from`. */
  constructor(settings: SessionSettings, pipeline: PipelineOptions, seed?: SessionSnapshot) {
    this.#settings = seed?.settings ?? settings;
    this.#pipeline = pipeline;
    this.#state = seed?.state ?? 'streaming';
    this.#lagging = seed?.lagging ?? false;
    this.#publisher = new Publisher(() => this.#settings, seed);
    const desk = {
      pipeline,
      publisher: this.#publisher,
      settings: () => this.#settings,
      nextJob: () => ++this.#jobs,
      advice: () => this.#advice,
    };
    this.#tracks = Array.from(
      { length: settings.channels },
      (_, channel) => new Track(channel, desk, { from: seed?.from ?? 0, track: seed?.tracks[channel] }),
    );
    this.#cuts = (seed?.cuts ?? []).map(({ at, answer, id, carriedOut }) => {
      const cut = { at, answer, id };
      return carriedOut ? { ...cut, waiting: this.#tracks.flatMap((track) => track.before(at)) } : cut;
    });
  }

  /** How it stands, to go on from after a restart. */
  get seed(): SessionSnapshot {
    const closed = this.#state === 'closed';
    const needed = Math.min(...this.#tracks.map((track) => track.needed));
    return {
      state: this.#state,
      from: closed ? this.heardSamples : Math.floor(needed / VAD_WINDOW_SAMPLES) * VAD_WINDOW_SAMPLES,
      settings: this.#settings,
      lagging: this.#lagging,
      ...this.#publisher.seed,
      cuts: this.#cuts.map(({ waiting, ...cut }) => ({ ...cut, carriedOut: waiting !== undefined })),
      tracks: closed ? [] : this.#tracks.map((track) => track.seed),
    };
  }

  get state(): SessionState {
    return this.#state;
  }

  get settings(): SessionSettings {
    return this.#settings;
  }

  get pipeline(): PipelineOptions {
    return this.#pipeline;
  }

  get heardSamples(): number {
    return this.#tracks[0]!.heard;
  }

  /** The longest backlog of any channel: audio not judged, or ended and not decoded. */
  get undecodedSamples(): number {
    return Math.max(...this.#tracks.map((track) => track.undecoded));
  }

  /** Audio for a `detect` output. */
  audio(channel: number, from: number, to: number): Float32Array {
    const audio = this.held(channel, from, to);
    if (audio?.length !== to - from) throw new RangeError(`Samples ${from} to ${to} are not held.`);
    return audio;
  }

  /** What is still held of a stretch that was said; undefined when its beginning is gone. */
  held(channel: number, from: number, to: number): Float32Array | undefined {
    return this.#tracks[channel]?.audio(from, to);
  }

  /** What a job is about, at the moment a slot is free for it; undefined when its answer is no longer wanted. */
  take(job: number): DecodeSpan | undefined {
    for (const track of this.#tracks) {
      const span = track.take(job);
      if (span !== undefined) return span;
    }
    return undefined;
  }

  handle(input: SessionInput): SessionOutput[] {
    if (this.#state === 'closed') return [];
    this.#apply(input);
    this.#answerCuts();
    return this.#publisher.drain();
  }

  #apply(input: SessionInput): void {
    switch (input.kind) {
      case 'audio':
        for (const [channel, track] of this.#tracks.entries()) track.hear(input.channels[channel]!);
        return;
      case 'probability':
        this.#tracks[input.channel]!.judge(input.from, input.to, input.value);
        return;
      case 'hypothesis':
        this.#tracks.some((track) => track.read(input.job, input.hypothesis));
        return;
      case 'undecoded':
        this.#tracks.some((track) => track.missed(input.job, input.reason));
        return;
      case 'rewrite':
        this.#publisher.rewritten(input.sentence, input.text, input.model, input.tookMs);
        return;
      case 'unwritten':
        this.#publisher.unwritten(input.sentence, input.reason, input.tookMs);
        return;
      case 'translating':
      case 'translation':
      case 'untranslated':
        this.#publisher.translations.read(input);
        return;
      case 'configure':
        this.#configure(input.settings);
        return;
      case 'flush':
        this.#cuts.push({ at: this.heardSamples, answer: true, id: input.id });
        return;
      case 'pause':
        this.#cuts.push({ at: this.heardSamples, answer: false, id: undefined });
        return;
      case 'load':
        this.#load(input.advice);
        return;
      case 'finish':
        if (this.#state !== 'streaming') return;
        this.#state = transition(this.#state, 'draining');
        this.#cuts.push({ at: this.heardSamples, answer: false, id: undefined });
        return;
    }
  }

  #configure(change: Configure): void {
    const { partials, cleanup, endpoint } = this.#settings;
    const language = change.language ?? this.#settings.language;
    const languages = change.languages ?? this.#settings.languages;
    const moved = language !== this.#settings.language || languages.join() !== this.#settings.languages.join();
    this.#settings = {
      ...this.#settings,
      language,
      languages,
      vocabulary: change.vocabulary ?? this.#settings.vocabulary,
      partials: { mode: change.partials?.mode ?? partials.mode, everyMs: change.partials?.everyMs ?? partials.everyMs },
      cleanup: {
        mode: change.cleanup?.mode ?? cleanup.mode,
        instruction: change.cleanup?.instruction ?? cleanup.instruction,
      },
      endpoint: { minMs: change.endpoint?.minMs ?? endpoint.minMs, maxMs: change.endpoint?.maxMs ?? endpoint.maxMs },
    };
    if (moved) for (const track of this.#tracks) track.languageChanged();
  }

  #load(advice: ServiceLevel): void {
    const before = lagOf(this.#advice, this.#lagging);
    this.#advice = advice;
    this.#lagging = advice.lagMs >= (this.#lagging ? LAG_NOTICE_MS / 2 : LAG_NOTICE_MS);
    const now = lagOf(advice, this.#lagging);
    if (now === before) return;
    const behind = `Decoding is ${(advice.lagMs / 1_000).toFixed(1)} s behind. `;
    this.#publisher.event({ type: 'notice', code: 'lag', text: `${this.#lagging ? behind : ''}${LAG_TEXTS[now]}` });
  }

  /** Carries out cuts the VAD has reached, and answers those whose speech is published. */
  #answerCuts(): void {
    for (const cut of this.#cuts) {
      if (cut.waiting !== undefined || !this.#tracks.every((track) => track.judged + VAD_WINDOW_SAMPLES > cut.at))
        continue;
      cut.waiting = this.#tracks.flatMap((track) => track.cut(cut.at));
    }
    const open = (cut: Cut): boolean =>
      cut.waiting === undefined || cut.waiting.some((utterance) => this.#tracks.some((track) => track.has(utterance)));
    while (this.#cuts.length > 0 && !open(this.#cuts[0]!)) {
      const cut = this.#cuts.shift()!;
      if (!cut.answer) continue;
      const id = cut.id === undefined ? {} : { id: cut.id };
      this.#publisher.event({ type: 'flushed', ...id, audioMs: samplesToMs(cut.at) });
    }
    if (this.#state === 'draining' && this.#cuts.length === 0) this.#close();
  }

  #close(): void {
    if (this.#publisher.revising > 0 || !this.#tracks.every((track) => track.idle)) return;
    this.#state = transition(this.#state, 'closed');
    this.#publisher.event({
      type: 'done',
      audioMs: samplesToMs(this.heardSamples),
      sentences: this.#publisher.finals,
    });
    this.#publisher.ask({ kind: 'closed' });
  }
}

type Lag = 'none' | 'late' | 'slow' | 'short' | 'off';

const LAG_TEXTS: Readonly<Record<Lag, string>> = {
  none: 'Decoding has caught up.',
  late: 'Finals come late; none is dropped.',
  slow: 'The server is busy: partials come less often.',
  short: 'The server is busy: partials come less often, and finals are decoded in shorter windows.',
  off: 'The server is busy: partials are off for now; finals and audio are not dropped.',
};

/** What of the advice a client is told; that another model hears it, its track tells. */
function lagOf({ step }: ServiceLevel, lagging: boolean): Lag {
  if (step === 'none' || step === 'small') return lagging ? 'late' : 'none';
  return step;
}

import type { EventBody } from '../../protocol/index.ts';
import { computeFinalDelays, type TimedFinal } from '../core/capacity/final-delays.ts';
import { StableWordTimes } from '../core/capacity/stable-word-times.ts';
import { areStreamsCarried, type StreamLimits } from '../core/capacity/stream-limits.ts';
import type { StreamSearch } from '../core/capacity/stream-search.ts';
import type { PipelineOptions, SessionSettings } from '../core/session/settings.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Clock } from '../ports/clock.ts';
import type { DecodeAnswer, DecodeJob, Recogniser } from '../ports/recogniser.ts';
import type { SpeechModel } from '../ports/speech-model.ts';
import type { TurnDetector } from '../ports/turn-detector.ts';
import type { Cleaners } from './clean-sentence.ts';
import { DecodeScheduler } from './decode-scheduler.ts';
import { Driver } from './driver.ts';
import { silentMeter } from './silent-meter.ts';

export interface CapacityTrialParts {
  readonly recogniser: Recogniser;
  readonly speechModel: SpeechModel;
  readonly turnDetector?: TurnDetector | undefined;
  readonly cleaners: Cleaners;
  readonly clock: Clock;
  readonly pipeline: PipelineOptions;
  readonly settings: SessionSettings;
  readonly realTimeFactor: number;
  readonly partialIntervalMs: number;
  readonly cleanTimeoutMs: number;
  /** What each stream says, over and over: 16-bit samples, mono, 16 kHz. */
  readonly speech: Uint8Array;
  /** A number of streams is carried while their delays keep these. */
  readonly limits: StreamLimits;
  /** Audio of each stream in a step, ms; 12 s by default. */
  readonly stepMs?: number;
  readonly reportBug: ReportBug;
}

/** `stopped`: a session came; `failed`: the engine did not answer. */
export type StepOutcome = 'carried' | 'late' | 'stopped' | 'failed';

const STEP_MS = 12_000;
/** Starts of the streams of one step are spread over this time, ms, so that they do not speak in chorus. */
const SPREAD_MS = 2_000;
const CHUNK_MS = 100;
const BYTES_PER_MS = 32;
const FORMAT = { encoding: 'pcm_s16le', channels: 1, sampleRate: 16_000, channelMode: 'mix' } as const;
/** Where each stream begins in the speech, bytes after the one before it: all say something else. */
const OFFSET_BYTES = 7_300 * BYTES_PER_MS;
const CHECK_MS = 500;
/** So many late finals, and such a share of all, end a step early. */
const LATE_MIN = 3;
const LATE_SHARE = 0.15;
/** How long the last finals of a step are waited for beyond their limit, ms; then the step is late. */
const WAIT_MS = 3_000;
/** Numbers of decodes that no session asked for begin near this one, far from those of sessions. */
export const FIRST_JOB = 1_000_000_000;

/**
 * Tries how many live streams the machine carries: streams of speech in real time through the pipeline of a session, with its
 * own scheduler, until `search` has found the number or `signal` aborts. A step takes 19 s at most, and the search has fourteen steps at most.
 * Resolves with `carried` when the search is over; `stopped` and `failed` leave in `search` what is known.
 */
export async function tryStreams(
  search: StreamSearch,
  parts: CapacityTrialParts,
  signal: AbortSignal,
): Promise<Exclude<StepOutcome, 'late'>> {
  for (let streams = search.next; streams !== undefined; streams = search.next) {
    if (signal.aborted) return 'stopped';
    const outcome = await new TrialStep(streams, parts).run(signal);
    if (outcome === 'stopped' || outcome === 'failed') return outcome;
    search.record(streams, outcome === 'carried');
  }
  return 'carried';
}

interface Stream {
  readonly driver: Driver;
  readonly startMs: number;
  readonly endsMs: number[];
  readonly finals: TimedFinal[];
  readonly wordTimes: StableWordTimes;
  readonly wordDelaysMs: number[];
  fedMs: number;
}

/** One number of streams, from the first to the last final. */
class TrialStep {
  readonly #parts: CapacityTrialParts;
  readonly #streams: Stream[] = [];
  readonly #timers = new Set<Disposable>();
  #open: number;
  #settle: (outcome: StepOutcome) => void = () => {};

  constructor(streams: number, parts: CapacityTrialParts) {
    this.#parts = parts;
    this.#open = streams;
  }

  async run(signal: AbortSignal): Promise<StepOutcome> {
    const stop = (): void => this.#settle('stopped');
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise<StepOutcome>((resolve) => {
        this.#settle = resolve;
        this.#begin();
      });
    } finally {
      signal.removeEventListener('abort', stop);
      for (const timer of this.#timers) timer[Symbol.dispose]();
      for (const { driver } of this.#streams) driver.close();
    }
  }

  #begin(): void {
    const { recogniser, clock, partialIntervalMs, realTimeFactor, reportBug, limits, stepMs = STEP_MS } = this.#parts;
    const scheduler = new DecodeScheduler({
      ...{ clock, partialIntervalMs, realTimeFactor, reportBug, meter: silentMeter },
      recogniser: renumberJobs(recogniser, () => this.#settle('failed')),
      onServiceLevelChange: (level) => {
        for (const { driver } of this.#streams) driver.setServiceLevel(level);
      },
    });
    const count = this.#open;
    const nowMs = clock.nowMs();
    for (let i = 0; i < count; i++) this.#startStream(i, nowMs + (i * SPREAD_MS) / count, scheduler);
    this.#setTimer(CHECK_MS, () => this.#check());
    this.#setTimer(SPREAD_MS + stepMs + limits.finalMs + WAIT_MS, () => this.#settle('late'));
  }

  #startStream(number: number, startMs: number, scheduler: DecodeScheduler): void {
    const { clock, speechModel, turnDetector, cleaners, cleanTimeoutMs, settings, pipeline } = this.#parts;
    const driver = new Driver(
      { format: FORMAT, settings, pipeline },
      {
        ...{ session: `trial ${number}`, scheduler, speechModel, turnDetector, cleaners, clock, cleanTimeoutMs },
        ...{ meter: silentMeter, pauseMs: STEP_MS * 10 },
      },
      {
        onEvents: (events) => {
          for (const event of events) readEvent(stream, event, clock.nowMs() - startMs);
        },
        getRequestedLanguages: () => [],
        onAudio: () => {},
        onClosed: () => this.#onStreamEnded(),
        onThrottle: () => {},
        onError: (error) => {
          this.#parts.reportBug(error, 'a bug ended a trial of capacity');
          this.#settle('failed');
        },
      },
    );
    const stream: Stream = {
      ...{ driver, startMs, fedMs: 0 },
      ...{ endsMs: [], finals: [], wordTimes: new StableWordTimes(), wordDelaysMs: [] },
    };
    this.#streams.push(stream);
    scheduler.addSession(`trial ${number}`);
    this.#planChunk(stream, number * OFFSET_BYTES);
  }

  /** Audio can be sent once it was spoken. */
  #planChunk(stream: Stream, fromByte: number): void {
    const { clock, speech, stepMs = STEP_MS } = this.#parts;
    const at = fromByte % speech.length;
    // The last one of the speech is shorter.
    const chunk = speech.subarray(at, at + CHUNK_MS * BYTES_PER_MS);
    const fedMs = stream.fedMs + chunk.length / BYTES_PER_MS;
    this.#setTimer(Math.max(0, stream.startMs + fedMs - clock.nowMs()), () => {
      stream.driver.pushAudio(chunk);
      stream.fedMs = fedMs;
      if (stream.fedMs < stepMs) this.#planChunk(stream, at + chunk.length);
      else stream.driver.finish();
    });
  }

  #onStreamEnded(): void {
    this.#open--;
    if (this.#open > 0) return;
    const wordDelaysMs = this.#streams.flatMap((stream) => stream.wordDelaysMs);
    this.#settle(areStreamsCarried(this.#delays, wordDelaysMs, this.#parts.limits) ? 'carried' : 'late');
  }

  #check(): void {
    const delays = this.#delays;
    const late = delays.filter((delay) => delay > this.#parts.limits.finalMs).length;
    if (late >= LATE_MIN && late > delays.length * LATE_SHARE) this.#settle('late');
    else this.#setTimer(CHECK_MS, () => this.#check());
  }

  get #delays(): number[] {
    return this.#streams.flatMap(({ endsMs, finals }) => computeFinalDelays(endsMs, finals));
  }

  #setTimer(ms: number, run: () => void): void {
    const timer = this.#parts.clock.setTimer(ms, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }
}

function readEvent(stream: Stream, event: EventBody, cameMs: number): void {
  if (event.type === 'speech' && event.state === 'end') stream.endsMs.push(event.atMs);
  if (event.type === 'partial') stream.wordTimes.readPartial(event, cameMs);
  if (event.type !== 'final') return;
  stream.finals.push({ fromMs: event.fromMs, toMs: event.toMs, cameMs });
  const stableMs = stream.wordTimes.readFinal(event, cameMs);
  stream.wordDelaysMs.push(...event.words.map(({ toMs }, n) => stableMs[n]! - toMs));
}

/** The recogniser for another scheduler, whose jobs must not have the numbers of the first one's. */
function renumberJobs(recogniser: Recogniser, onFailed: () => void): Recogniser {
  return {
    ready: () => recogniser.ready(),
    slots: recogniser.slots,
    decode: async (job: DecodeJob): Promise<DecodeAnswer> => {
      const answer = await recogniser.decode({ ...job, id: FIRST_JOB + job.id });
      if (answer.kind === 'failed') onFailed();
      return { ...answer, job: job.id };
    },
    abort: (job) => recogniser.abort(FIRST_JOB + job),
    close: () => Promise.resolve(),
  };
}

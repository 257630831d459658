import { Admission, COST_ESTIMATE_WINDOW_MS } from '../core/schedule/admission.ts';
import { BackOff } from '../core/schedule/back-off.ts';
import { FairShares } from '../core/schedule/fair-shares.ts';
import { isHearingAgain, pickNextJob, type WaitingJob, yieldsToLive } from '../core/schedule/job-order.ts';
import { type Load, LoadGauge } from '../core/schedule/load.ts';
import { FULL_SERVICE_LEVEL, LoadShedder, type ServiceLevel } from '../core/schedule/load-shedder.ts';
import type { DecodeSpan } from '../core/session/outputs.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import type { DecodeAnswer, DecodeJob, Recogniser } from '../ports/recogniser.ts';

/** Decodes that no live text waits for, from the most to the least urgent. */
export type BackgroundKind = NonNullable<WaitingJob['background']>;

const isLive = ({ background }: WaitingJob): boolean => background === undefined;

/** A session's request for a decode. */
export interface DecodeRequest {
  readonly session: string;
  /** The session's own number for this job. */
  readonly job: number;
  readonly final: boolean;
  /**
   * What no live text waits for. It runs only when nothing more urgent is waiting, and is preempted by that; a `recording` is
   * decoded again later, and after a while is as urgent as any final. None of it counts as load.
   */
  readonly background?: BackgroundKind | undefined;
  /** Takes the job's audio at the moment a slot is free; undefined when it is no longer wanted. Never throws. */
  takeSpan(): DecodeSpan | undefined;
  /** Never throws: it is called on behalf of other sessions, too. */
  onAnswer(answer: DecodeAnswer | { readonly kind: 'dropped' }): void;
}

interface QueuedDecode extends WaitingJob {
  /** One of a recording keeps the audio it took, in case it yields. */
  request: DecodeRequest;
  /** Its slot will be free in a moment: its answer is not wanted, or it yields and is decoded again later. */
  aborted: false | 'unwanted' | 'yields';
}

export interface DecodeSchedulerOptions {
  readonly recogniser: Recogniser;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Time between two partials of a sentence when capacity is plentiful, ms. */
  readonly partialIntervalMs: number;
  /** Seconds of decoding per second of speech, measured at start-up. */
  readonly realTimeFactor: number;
  /** Cost of a decode on the small model relative to the main one; undefined when there is none. */
  readonly smallCost?: number | undefined;
  /** Called whenever the service level of sessions changes. */
  onServiceLevelChange(serviceLevel: ServiceLevel): void;
  readonly reportBug: ReportBug;
}

/** Partials waiting over all sessions; beyond this, new ones are dropped. Finals always wait. */
const WAITING_PARTIALS_MAX = 256;
/** Decodes of each background kind waiting over all sessions; beyond this, new ones are dropped. */
const WAITING_BACKGROUND_MAX = 64;
/** Sentences are heard a second time while at most this share of all slots' time goes into live decodes. */
const SECOND_HEARING_BUSY_MAX = 0.6;
/** After so long without a live decode nobody speaks, and a second hearing is likely to come to its end, ms. */
const QUIET_MS = 1_000;
const LOAD_INTERVAL_MS = 400;
/** After this long without a decode, the load averages are empty. */
const IDLE_WINDOW_MS = 15_000;

/**
 * Orders decode requests in front of the recogniser: slots, pre-emption, load shedding and admission of new sessions.
 */
export class DecodeScheduler {
  readonly #options: DecodeSchedulerOptions;
  readonly #gauge: LoadGauge;
  readonly #loadShedder: LoadShedder;
  readonly #admission: Admission;
  readonly #shares = new FairShares();
  /** When each session was added, ms. */
  readonly #joinedAtMs = new Map<string, number>();
  #waiting: QueuedDecode[] = [];
  readonly #running = new Map<number, QueuedDecode>();
  #lastId = 0;
  /** Where the gaps between live decodes are too short for a second hearing, it is not begun in each of them. */
  readonly #hearAgainBackOff = new BackOff({ firstMs: QUIET_MS, longestMs: 5_000, waitsAtOnce: true });
  #hearAgainFromMs = 0;
  #liveEndMs = Number.NEGATIVE_INFINITY;
  #load: Load;
  #serviceLevel = FULL_SERVICE_LEVEL;
  #timer: Disposable | undefined;
  #idleMs = 0;

  constructor(options: DecodeSchedulerOptions) {
    const { slots } = options.recogniser;
    this.#options = options;
    this.#gauge = new LoadGauge(slots);
    this.#loadShedder = new LoadShedder({ everyMs: options.partialIntervalMs, slots, smallCost: options.smallCost });
    this.#admission = new Admission(options.realTimeFactor);
    this.#load = this.#gauge.readLoad({ partial: 0, final: 0 }, options.clock.nowMs());
  }

  /** The current service level of sessions. */
  get serviceLevel(): ServiceLevel {
    return this.#serviceLevel;
  }

  /** Share of all slots' time spent decoding, 0-1. */
  get busyShare(): number {
    return this.#load.finalsBusy + this.#load.partialsBusy;
  }

  /** Registers a new session. */
  addSession(session: string): void {
    this.#joinedAtMs.set(session, this.#options.clock.nowMs());
  }

  /** Whether one more session would cost the `live` ones their latency. */
  mustRefuse(live: number): boolean {
    const nowMs = this.#options.clock.nowMs();
    const settled = [...this.#joinedAtMs.values()].filter((atMs) => nowMs - atMs >= COST_ESTIMATE_WINDOW_MS).length;
    return this.#admission.refuses(this.#load, { live, unmeasured: Math.max(0, live - settled) }, nowMs);
  }

  enqueue(request: DecodeRequest): void {
    const { session, final, background } = request;
    const sameKind = this.#waiting.filter((job) => !job.final && job.background === background).length;
    if (!final && sameKind >= (background === undefined ? WAITING_PARTIALS_MAX : WAITING_BACKGROUND_MAX)) {
      request.onAnswer({ kind: 'dropped' });
      return;
    }
    const nowMs = this.#options.clock.nowMs();
    this.#waiting.push({ id: ++this.#lastId, session, final, background, sinceMs: nowMs, request, aborted: false });
    if (background === undefined) this.#gauge.recordRequest(session, nowMs);
    this.#startNext();
    this.#preempt();
    // What waits for the load to fall is started by the timer.
    if (background !== 'translation') this.#startLoadTimer();
  }

  /** Cancels a job whose answer the session no longer wants. */
  cancel(session: string, job: number): void {
    this.#waiting = this.#waiting.filter((queued) => queued.session !== session || queued.request.job !== job);
    for (const queued of this.#running.values()) {
      if (queued.session === session && queued.request.job === job) this.#abort(queued, 'unwanted');
    }
  }

  /** Removes an ended session and cancels all of its jobs. */
  removeSession(session: string): void {
    this.#waiting = this.#waiting.filter((queued) => queued.session !== session);
    for (const queued of this.#running.values()) if (queued.session === session) this.#abort(queued, 'unwanted');
    this.#gauge.removeSession(session);
    this.#shares.removeSession(session);
    this.#joinedAtMs.delete(session);
  }

  /**
   * Frees slots when all are taken: second hearings yield to any other waiting job, those of stored transcripts first, then translations and recordings to live
   * ones, then the newest partials to finals.
   */
  #preempt(): void {
    const running = [...this.#running.values()];
    const nowMs = this.#options.clock.nowMs();
    const preempt = (from: readonly QueuedDecode[], waiting: readonly QueuedDecode[]): void => {
      const wanted = waiting.length - running.filter(({ aborted }) => aborted).length;
      if (wanted <= 0) return;
      for (const queued of from.filter(({ aborted }) => !aborted).slice(-wanted))
        this.#abort(queued, queued.background === 'recording' ? 'yields' : 'unwanted');
    };
    const live = this.#waiting.filter((job) => !yieldsToLive(job, nowMs));
    const hearings = running.filter((job) => isHearingAgain(job) && !job.aborted);
    const others = this.#waiting.filter((job) => !isHearingAgain(job));
    preempt(
      hearings.filter(({ background }) => background === 'rehearing'),
      this.#waiting.filter(({ background }) => background !== 'rehearing'),
    );
    preempt(
      hearings.filter(({ background }) => background === 'secondHearing'),
      others,
    );
    const wasCutShort = hearings.some(({ aborted }) => aborted);
    if (wasCutShort && others.length > 0) this.#hearAgainFromMs = nowMs + this.#hearAgainBackOff.next();
    preempt(
      running.filter(({ background }) => background === 'translation'),
      live,
    );
    preempt(
      running.filter((job) => job.background === 'recording' && yieldsToLive(job, nowMs)),
      live,
    );
    preempt(
      running.filter((job) => isLive(job) && !job.final),
      live.filter(({ final }) => final),
    );
  }

  #abort(queued: QueuedDecode, how: 'unwanted' | 'yields'): void {
    const before = queued.aborted;
    if (before !== 'unwanted') queued.aborted = how;
    if (before !== false) return;
    this.#options.recogniser.abort(queued.id);
  }

  #startNext(): void {
    const { recogniser, clock, meter, reportBug } = this.#options;
    while (this.#running.size < recogniser.slots) {
      const startable = this.#waiting.filter((job) => !isHearingAgain(job) || this.#mayHearAgain);
      const next = pickNextJob(startable, this.#shares, clock.nowMs()) as QueuedDecode | undefined;
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((queued) => queued !== next);
      const span = next.request.takeSpan();
      if (span === undefined) continue;
      if (next.background === 'recording') next.request = { ...next.request, takeSpan: () => span };
      const decoding = isLive(next) ? this.#runDecode(next, span) : this.#runInBackground(next, span);
      void decoding.catch((error) => reportBug(error, 'a bug ended a decode'));
    }
    meter.queued(this.#waiting.length);
  }

  /** Whether a second hearing may begin: nothing is given up for the load, there is time, and half of the slots stay free of them. */
  get #mayHearAgain(): boolean {
    const running = [...this.#running.values()].filter(isHearingAgain).length;
    if (running >= Math.max(1, Math.floor(this.#options.recogniser.slots / 2))) return false;
    const nowMs = this.#options.clock.nowMs();
    if (nowMs < this.#hearAgainFromMs && nowMs - this.#liveEndMs < QUIET_MS) return false;
    return this.#serviceLevel.step === 'none' && this.busyShare <= SECOND_HEARING_BUSY_MAX;
  }

  async #runDecode(queued: QueuedDecode, span: DecodeSpan): Promise<void> {
    const { clock, meter } = this.#options;
    const startMs = clock.nowMs();
    const waitMs = startMs - queued.sinceMs;
    const { channel: _, ...job } = span;
    this.#running.set(queued.id, queued);
    this.#shares.recordStart(queued.session, startMs);
    this.#gauge.recordStart(span.kind, waitMs, startMs);
    const answer = await this.#decode({ id: queued.id, ...job });
    const endMs = clock.nowMs();
    this.#running.delete(queued.id);
    this.#liveEndMs = endMs;
    this.#gauge.recordEnd(span.kind, endMs - startMs, queued.aborted ? 'aborted' : 'whole', endMs);
    this.#shares.recordUse(queued.session, endMs - startMs, endMs);
    meter.decoded(span.kind, waitMs, endMs - startMs);
    queued.request.onAnswer(answer);
    this.#startNext();
  }

  /** Such decodes use only idle slots, so they count neither as load nor as the session's share. */
  async #runInBackground(queued: QueuedDecode, { channel: _, ...job }: DecodeSpan): Promise<void> {
    const { clock, meter } = this.#options;
    const startMs = clock.nowMs();
    this.#running.set(queued.id, queued);
    const answer = await this.#decode({ id: queued.id, ...job });
    this.#running.delete(queued.id);
    if (isHearingAgain(queued) && !queued.aborted) this.#hearAgainBackOff.reset();
    if (queued.background === 'recording') meter.decoded(job.kind, startMs - queued.sinceMs, clock.nowMs() - startMs);
    if (queued.aborted === 'yields' && isCutShort(answer)) this.#waiting.push({ ...queued, aborted: false });
    else queued.request.onAnswer(answer);
    this.#startNext();
  }

  /** A recogniser never rejects, but if one does, its slot must not stay taken for ever. */
  async #decode(job: DecodeJob): Promise<DecodeAnswer> {
    try {
      return await this.#options.recogniser.decode(job);
    } catch (error) {
      this.#options.reportBug(error, 'a bug ended a decode');
      return { kind: 'failed', job: job.id, code: 'engine.crashed', text: 'The recogniser failed.' };
    }
  }

  /** Measures the load at fixed intervals while jobs arrive, and until the averages are empty again. */
  #startLoadTimer(): void {
    this.#idleMs = 0;
    this.#timer ??= this.#options.clock.setTimer(LOAD_INTERVAL_MS, () => this.#updateLoad());
  }

  #updateLoad(): void {
    this.#timer = undefined;
    try {
      this.#readLoad();
    } finally {
      const resting = this.#running.size === 0 && this.#waiting.length === 0 && this.#serviceLevel.step === 'none';
      this.#idleMs = resting ? this.#idleMs + LOAD_INTERVAL_MS : 0;
      if (this.#idleMs < IDLE_WINDOW_MS)
        this.#timer = this.#options.clock.setTimer(LOAD_INTERVAL_MS, () => this.#updateLoad());
    }
  }

  #readLoad(): void {
    const { clock, meter, onServiceLevelChange } = this.#options;
    const nowMs = clock.nowMs();
    const waiting = this.#waiting.filter(isLive);
    // Whoever waits for a long decode has been speaking all the while.
    for (const { session } of [...[...this.#running.values()].filter(isLive), ...waiting])
      if (this.#joinedAtMs.has(session)) this.#gauge.recordRequest(session, nowMs);
    const oldest = (kind: 'partial' | 'final'): number =>
      Math.max(0, ...waiting.filter(({ final }) => final === (kind === 'final')).map((job) => nowMs - job.sinceMs));
    this.#load = this.#gauge.readLoad({ partial: oldest('partial'), final: oldest('final') }, nowMs);
    const before = this.#serviceLevel;
    this.#serviceLevel = this.#loadShedder.consider(this.#load, nowMs);
    meter.load(this.busyShare, this.#serviceLevel.cadence);
    if (isWorthReporting(before, this.#serviceLevel)) onServiceLevelChange(this.#serviceLevel);
    this.#startNext();
  }
}

const isCutShort = (answer: DecodeAnswer): boolean =>
  answer.kind === 'hypothesis' && answer.hypothesis.stop === 'aborted';

/** Clients are told about finals that lag at least this much, ms. */
const NOTABLE_LAG_MS = 500;

function isWorthReporting(before: ServiceLevel, now: ServiceLevel): boolean {
  return (
    before.step !== now.step || before.cadence !== now.cadence || Math.max(before.lagMs, now.lagMs) >= NOTABLE_LAG_MS
  );
}

import { Admission, COST_ESTIMATE_WINDOW_MS } from '../core/schedule/admission.ts';
import { FairShares } from '../core/schedule/fair-shares.ts';
import { pickNextJob, type WaitingJob } from '../core/schedule/job-order.ts';
import { type Load, LoadGauge } from '../core/schedule/load.ts';
import { FULL_SERVICE_LEVEL, LoadShedder, type ServiceLevel } from '../core/schedule/load-shedder.ts';
import type { DecodeSpan } from '../core/session/outputs.ts';
import type { ReportBug } from '../ports/bug.ts';
import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import type { DecodeAnswer, DecodeJob, Recogniser } from '../ports/recogniser.ts';

/** What a session puts on the board. */
export interface DecodeRequest {
  readonly session: string;
  /** The session's own number for it. */
  readonly job: number;
  readonly final: boolean;
  /** Of what is final already: it takes a slot that nobody wants, and gives it up to anyone. */
  readonly translation?: boolean | undefined;
  /** The job's content at the moment a slot is free; undefined when it is no longer wanted. Never throws. */
  take(): DecodeSpan | undefined;
  /** Never throws: it is called on behalf of other sessions, too. */
  answer(answer: DecodeAnswer | { readonly kind: 'dropped' }): void;
}

interface Posted extends WaitingJob {
  readonly translation: boolean;
  readonly posting: DecodeRequest;
  /** Its slot will be free in a moment. */
  aborted: boolean;
}

export interface DecodeSchedulerOptions {
  readonly recogniser: Recogniser;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Time between two partials of a sentence when nothing is short, ms. */
  readonly everyMs: number;
  /** What the start-up measurement says a second of speech costs. */
  readonly realTimeFactor: number;
  /** What a decode on the small model costs, 1 is as much as on the own; undefined when there is none. */
  readonly smallCost?: number | undefined;
  /** Told how much service sessions may ask for, whenever that changes. */
  advise(advice: ServiceLevel): void;
  readonly reportBug: ReportBug;
}

/** Partials waiting over all sessions; more are dropped, newest first to go. Finals always wait. */
const PARTIALS_MAX = 256;
/** Translations waiting over all sessions; more are dropped. */
const TRANSLATIONS_MAX = 64;
const CONSIDER_EVERY_MS = 400;
/** Longer without a decode nothing is left of the averages. */
const FORGOTTEN_MS = 15_000;

/** The waiting room in front of the recogniser: order, slots, pre-emption, load advice and whether one more may come. */
export class DecodeScheduler {
  readonly #options: DecodeSchedulerOptions;
  readonly #gauge: LoadGauge;
  readonly #ladder: LoadShedder;
  readonly #admission: Admission;
  readonly #shares = new FairShares();
  /** When each session came, ms. */
  readonly #joined = new Map<string, number>();
  #waiting: Posted[] = [];
  readonly #running = new Map<number, Posted>();
  #ids = 0;
  #load: Load;
  #advice = FULL_SERVICE_LEVEL;
  #timer: Disposable | undefined;
  #restMs = 0;

  constructor(options: DecodeSchedulerOptions) {
    const { slots } = options.recogniser;
    this.#options = options;
    this.#gauge = new LoadGauge(slots);
    this.#ladder = new LoadShedder({ everyMs: options.everyMs, slots, smallCost: options.smallCost });
    this.#admission = new Admission(options.realTimeFactor);
    this.#load = this.#gauge.read({ partial: 0, final: 0 }, options.clock.nowMs());
  }

  /** What sessions are told now. */
  get advice(): ServiceLevel {
    return this.#advice;
  }

  /** Share of all slots' time that decodes take, 0-1. */
  get busy(): number {
    return this.#load.finalsBusy + this.#load.partialsBusy;
  }

  /** A session has begun. */
  join(session: string): void {
    this.#joined.set(session, this.#options.clock.nowMs());
  }

  /** Whether one more session would cost the `live` ones their latency. */
  refuses(live: number): boolean {
    const nowMs = this.#options.clock.nowMs();
    const settled = [...this.#joined.values()].filter((atMs) => nowMs - atMs >= COST_ESTIMATE_WINDOW_MS).length;
    return this.#admission.refuses(this.#load, { live, young: Math.max(0, live - settled) }, nowMs);
  }

  post(posting: DecodeRequest): void {
    const { session, final, translation = false } = posting;
    const alike = this.#waiting.filter((job) => !job.final && job.translation === translation).length;
    if (!final && alike >= (translation ? TRANSLATIONS_MAX : PARTIALS_MAX)) {
      posting.answer({ kind: 'dropped' });
      return;
    }
    const nowMs = this.#options.clock.nowMs();
    this.#waiting.push({ id: ++this.#ids, session, final, translation, sinceMs: nowMs, posting, aborted: false });
    if (!translation) this.#gauge.asked(session, nowMs);
    this.#pump();
    if (translation) return;
    this.#preempt();
    this.#watch();
  }

  /** The session no longer wants this answer. */
  forget(session: string, job: number): void {
    this.#waiting = this.#waiting.filter((posted) => posted.session !== session || posted.posting.job !== job);
    for (const posted of this.#running.values()) {
      if (posted.session === session && posted.posting.job === job) this.#abort(posted);
    }
  }

  /** The session has ended: nothing of it is wanted any more. */
  leave(session: string): void {
    this.#waiting = this.#waiting.filter((posted) => posted.session !== session);
    for (const posted of this.#running.values()) if (posted.session === session) this.#abort(posted);
    this.#gauge.left(session);
    this.#shares.left(session);
    this.#joined.delete(session);
  }

  /** Every slot is taken: translations give up theirs to whatever waits, then the youngest partials to finals. */
  #preempt(): void {
    const running = [...this.#running.values()];
    const give = (from: readonly Posted[], waiting: readonly Posted[]): void => {
      const wanted = waiting.length - running.filter(({ aborted }) => aborted).length;
      if (wanted <= 0) return;
      for (const posted of from.filter(({ aborted }) => !aborted).slice(-wanted)) this.#abort(posted);
    };
    const urgent = this.#waiting.filter(({ translation }) => !translation);
    give(
      running.filter(({ translation }) => translation),
      urgent,
    );
    give(
      running.filter(({ final, translation }) => !final && !translation),
      urgent.filter(({ final }) => final),
    );
  }

  #abort(posted: Posted): void {
    if (posted.aborted) return;
    posted.aborted = true;
    this.#options.recogniser.abort(posted.id);
  }

  #pump(): void {
    const { recogniser, clock, meter, reportBug } = this.#options;
    while (this.#running.size < recogniser.slots) {
      const chosen = pickNextJob(this.#waiting, this.#shares, clock.nowMs()) as Posted | undefined;
      if (chosen === undefined) break;
      this.#waiting = this.#waiting.filter((posted) => posted !== chosen);
      const span = chosen.posting.take();
      if (span === undefined) continue;
      const decoding = chosen.translation ? this.#translate(chosen, span) : this.#run(chosen, span);
      void decoding.catch((error) => reportBug(error, 'a bug ended a decode'));
    }
    meter.waiting(this.#waiting.length);
  }

  async #run(posted: Posted, span: DecodeSpan): Promise<void> {
    const { clock, meter } = this.#options;
    const startMs = clock.nowMs();
    const waitMs = startMs - posted.sinceMs;
    const { channel: _, ...job } = span;
    this.#running.set(posted.id, posted);
    this.#shares.served(posted.session, startMs);
    this.#gauge.started(span.kind, waitMs, startMs);
    const answer = await this.#decode({ id: posted.id, ...job });
    const endMs = clock.nowMs();
    this.#running.delete(posted.id);
    this.#gauge.ended(span.kind, endMs - startMs, posted.aborted ? 'aborted' : 'whole', endMs);
    this.#shares.used(posted.session, endMs - startMs, endMs);
    meter.decoded(span.kind, waitMs, endMs - startMs);
    posted.posting.answer(answer);
    this.#pump();
  }

  /** It takes nothing from anybody, so it does not count as load, nor as the session's share. */
  async #translate(posted: Posted, { channel: _, ...job }: DecodeSpan): Promise<void> {
    this.#running.set(posted.id, posted);
    const answer = await this.#decode({ id: posted.id, ...job });
    this.#running.delete(posted.id);
    posted.posting.answer(answer);
    this.#pump();
  }

  /** A recogniser never rejects; one that does all the same must not keep its slot for ever. */
  async #decode(job: DecodeJob): Promise<DecodeAnswer> {
    try {
      return await this.#options.recogniser.decode(job);
    } catch (error) {
      this.#options.reportBug(error, 'a bug ended a decode');
      return { kind: 'failed', job: job.id, code: 'engine.crashed', text: 'The recogniser failed.' };
    }
  }

  /** The load is read at a steady pace while anything is asked for, and until it is forgotten. */
  #watch(): void {
    this.#restMs = 0;
    this.#timer ??= this.#options.clock.after(CONSIDER_EVERY_MS, () => this.#consider());
  }

  #consider(): void {
    this.#timer = undefined;
    try {
      this.#readLoad();
    } finally {
      const resting = this.#running.size === 0 && this.#waiting.length === 0 && this.#advice.step === 'none';
      this.#restMs = resting ? this.#restMs + CONSIDER_EVERY_MS : 0;
      if (this.#restMs < FORGOTTEN_MS)
        this.#timer = this.#options.clock.after(CONSIDER_EVERY_MS, () => this.#consider());
    }
  }

  #readLoad(): void {
    const { clock, meter, advise } = this.#options;
    const nowMs = clock.nowMs();
    const urgent = this.#waiting.filter(({ translation }) => !translation);
    const oldest = (kind: 'partial' | 'final'): number =>
      Math.max(0, ...urgent.filter(({ final }) => final === (kind === 'final')).map((job) => nowMs - job.sinceMs));
    this.#load = this.#gauge.read({ partial: oldest('partial'), final: oldest('final') }, nowMs);
    const before = this.#advice;
    this.#advice = this.#ladder.consider(this.#load, nowMs);
    meter.load(this.busy, this.#advice.cadence);
    if (isNews(before, this.#advice)) advise(this.#advice);
  }
}

/** How far behind finals are matters to clients from here on, ms. */
const LATE_MS = 500;

function isNews(before: ServiceLevel, now: ServiceLevel): boolean {
  return before.step !== now.step || before.cadence !== now.cadence || Math.max(before.lagMs, now.lagMs) >= LATE_MS;
}

import { adviseCadence } from '../core/schedule/load.ts';
import { next, type WaitingJob } from '../core/schedule/order.ts';
import type { Span } from '../core/session/outputs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import type { DecodeAnswer, Recogniser } from '../ports/recogniser.ts';

/** What a session puts on the board. */
export interface Posting {
  readonly session: string;
  /** The session's own number for it. */
  readonly job: number;
  readonly final: boolean;
  /** The job's content at the moment a slot is free; undefined when it is no longer wanted. */
  take(): Span | undefined;
  answer(answer: DecodeAnswer | { readonly kind: 'dropped' }): void;
}

interface Posted extends WaitingJob {
  readonly posting: Posting;
}

/** Partials waiting over all sessions; more are dropped, newest first to go. Finals always wait. */
const PARTIALS_MAX = 256;
const AVERAGE_OVER = 8;
const ADVISE_EVERY_MS = 400;

/** The waiting room in front of the recogniser: order, slots, pre-emption and load advice. */
export class JobBoard {
  readonly #recogniser: Recogniser;
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #advise: (cadence: number, lagMs: number) => void;
  #waiting: Posted[] = [];
  readonly #running = new Map<number, Posted>();
  readonly #served = new Map<string, number>();
  #ids = 0;
  #cadence = 1;
  #partialWaitMs = 0;
  #finalWaitMs = 0;
  #advisedMs = 0;

  /** `advise` is told when sessions should ask for partials less or more often. */
  constructor(recogniser: Recogniser, clock: Clock, meter: Meter, advise: (cadence: number, lagMs: number) => void) {
    this.#recogniser = recogniser;
    this.#clock = clock;
    this.#meter = meter;
    this.#advise = advise;
  }

  post(posting: Posting): void {
    const { session, final } = posting;
    const partials = this.#waiting.filter((job) => !job.final).length;
    if (!final && partials >= PARTIALS_MAX) {
      posting.answer({ kind: 'dropped' });
      return;
    }
    this.#waiting.push({ id: ++this.#ids, session, final, sinceMs: this.#clock.nowMs(), posting });
    this.#pump();
    if (final && this.#waiting.some((job) => job.final)) this.#preempt();
  }

  /** The session no longer wants this answer. */
  forget(session: string, job: number): void {
    this.#waiting = this.#waiting.filter((posted) => posted.session !== session || posted.posting.job !== job);
    for (const posted of this.#running.values()) {
      if (posted.session === session && posted.posting.job === job) this.#recogniser.abort(posted.id);
    }
  }

  /** The session has ended: nothing of it is wanted any more. */
  leave(session: string): void {
    this.#waiting = this.#waiting.filter((posted) => posted.session !== session);
    for (const posted of this.#running.values()) if (posted.session === session) this.#recogniser.abort(posted.id);
    this.#served.delete(session);
  }

  /** A final waits and every slot is taken: the youngest running partial gives up its own. */
  #preempt(): void {
    const partials = [...this.#running.values()].filter((posted) => !posted.final);
    const youngest = partials.at(-1);
    if (youngest !== undefined) this.#recogniser.abort(youngest.id);
  }

  #pump(): void {
    while (this.#running.size < this.#recogniser.slots) {
      const chosen = next(this.#waiting, this.#served) as Posted | undefined;
      if (chosen === undefined) break;
      this.#waiting = this.#waiting.filter((posted) => posted !== chosen);
      const span = chosen.posting.take();
      if (span !== undefined) void this.#run(chosen, span);
    }
    this.#meter.waiting(this.#waiting.length);
  }

  async #run(posted: Posted, span: Span): Promise<void> {
    const startMs = this.#clock.nowMs();
    const waitMs = startMs - posted.sinceMs;
    this.#running.set(posted.id, posted);
    this.#served.set(posted.session, startMs);
    this.#measure(posted.final, waitMs);
    const { kind, samples, fromSample, language, languages, task, model, prompt, prefix, windowFloor } = span;
    const job = {
      id: posted.id,
      kind,
      samples,
      fromSample,
      language,
      languages,
      task,
      model,
      prompt,
      prefix,
      windowFloor,
    };
    const answer = await this.#recogniser.decode(job);
    this.#running.delete(posted.id);
    this.#meter.decoded(kind, waitMs, this.#clock.nowMs() - startMs);
    posted.posting.answer(answer);
    this.#pump();
  }

  #measure(final: boolean, waitMs: number): void {
    if (final) this.#finalWaitMs += (waitMs - this.#finalWaitMs) / AVERAGE_OVER;
    else this.#partialWaitMs += (waitMs - this.#partialWaitMs) / AVERAGE_OVER;
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#advisedMs < ADVISE_EVERY_MS) return;
    this.#advisedMs = nowMs;
    this.#cadence = adviseCadence(this.#cadence, {
      partialWaitMs: this.#partialWaitMs,
      finalWaitMs: this.#finalWaitMs,
    });
    // No partial runs while they are off; what finals wait stands in for it, or they would never come back.
    if (this.#cadence === 0) this.#partialWaitMs = waitMs;
    this.#advise(this.#cadence, Math.round(this.#finalWaitMs));
  }
}

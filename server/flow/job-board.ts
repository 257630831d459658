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
  /** Its slot will be free in a moment. */
  aborted: boolean;
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
  #timer: Disposable | undefined;

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
    this.#waiting.push({ id: ++this.#ids, session, final, sinceMs: this.#clock.nowMs(), posting, aborted: false });
    this.#pump();
    if (final) this.#preempt();
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
    this.#served.delete(session);
  }

  /** Every slot is taken: the youngest partials give up theirs, one for each final that waits. */
  #preempt(): void {
    const running = [...this.#running.values()];
    const free = running.filter(({ aborted }) => aborted).length;
    const wanted = this.#waiting.filter(({ final }) => final).length - free;
    if (wanted <= 0) return;
    for (const posted of running.filter(({ final, aborted }) => !final && !aborted).slice(-wanted)) this.#abort(posted);
  }

  #abort(posted: Posted): void {
    if (posted.aborted) return;
    posted.aborted = true;
    this.#recogniser.abort(posted.id);
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
    // No partial runs while they are off; what finals wait stands in for it, or they would never come back.
    if (this.#cadence === 0) this.#partialWaitMs = waitMs;
    if (this.#clock.nowMs() - this.#advisedMs >= ADVISE_EVERY_MS) this.#consider();
  }

  #consider(): void {
    this.#advisedMs = this.#clock.nowMs();
    this.#cadence = adviseCadence(this.#cadence, {
      partialWaitMs: this.#partialWaitMs,
      finalWaitMs: this.#finalWaitMs,
    });
    this.#advise(this.#cadence, Math.round(this.#finalWaitMs));
    this.#timer?.[Symbol.dispose]();
    const calm = this.#cadence === 1 && this.#finalWaitMs < 1;
    this.#timer = calm ? undefined : this.#clock.after(ADVISE_EVERY_MS, () => this.#idle());
  }

  /** Nothing started for a while. When nothing waits, nobody waits any longer: what was measured fades. */
  #idle(): void {
    if (this.#waiting.length === 0) {
      this.#finalWaitMs *= 1 - 1 / AVERAGE_OVER;
      this.#partialWaitMs *= 1 - 1 / AVERAGE_OVER;
    }
    this.#consider();
  }
}

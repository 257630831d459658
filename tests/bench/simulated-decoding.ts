import type { ServiceLevel } from '../../server/core/schedule/load-shedder.ts';
import type { DecodeSpan } from '../../server/core/session/outputs.ts';
import { type DecodeRequest, DecodeScheduler } from '../../server/flow/decode-scheduler.ts';
import { silentMeter } from '../../server/flow/silent-meter.ts';
import type { DecodeAnswer, DecodeJob, Recogniser } from '../../server/ports/recogniser.ts';
import { decodeSeconds, type Machine } from './machines.ts';
import type { Decoder } from './replay.ts';
import type { SimulatedClock } from './simulated-clock.ts';

/** Encoder floors, frames of 20 ms. */
export interface WindowFloors {
  readonly partial: number;
  readonly final: number;
}

/** Runs the decodes that replayed sessions ask for: the scheduler of the server, or one slot. */
export type DecodeRunner = Pick<DecodeScheduler, 'addSession' | 'enqueue' | 'cancel' | 'removeSession'>;

export interface DecodeStatistics {
  decodes: number;
  busyS: number;
  /** Time of second hearings, with one slot. */
  secondS: number;
}

interface SimulatedDecoding {
  readonly clock: SimulatedClock;
  readonly decode: Decoder;
  readonly floors: WindowFloors;
  /** What is counted while it runs. */
  readonly statistics: DecodeStatistics;
}

/** Frames that the engine encodes of a span: its audio and half a second, or the floor. */
function countFrames(samples: number, floor: number): number {
  return Math.max(floor, Math.ceil(samples / 320) + 24);
}

/** What a second hearing costs on one core more than a decode of its window on both: measured by `bench -- second`. */
const SECOND_HEARING_COST = 4;

/**
 * One decode at a time, finals first, which takes as long as `cost` says of its frames. Second hearings run beside it, on a
 * core of their own, and are counted.
 */
export class OneSlot implements DecodeRunner {
  readonly #options: SimulatedDecoding & { readonly cost: (frames: number) => number };
  #waiting: DecodeRequest[] = [];
  #running: DecodeRequest | undefined;

  constructor(options: SimulatedDecoding & { readonly cost: (frames: number) => number }) {
    this.#options = options;
  }

  addSession(): void {}

  enqueue(request: DecodeRequest): void {
    if (request.background === 'secondHearing') return void this.#options.clock.hold(this.#hearAgain(request));
    this.#waiting.push(request);
    this.#startSoon();
  }

  cancel(session: string, job: number): void {
    const isOther = (each: DecodeRequest): boolean => each.session !== session || each.job !== job;
    this.#waiting = this.#waiting.filter(isOther);
    if (this.#running === undefined || isOther(this.#running)) return;
    this.#running = undefined;
    this.#startSoon();
  }

  removeSession(): void {}

  /** When the session has done all that it does now. */
  #startSoon(): void {
    this.#options.clock.setTimer(0, () => void this.#options.clock.hold(this.#startNext()));
  }

  async #hearAgain(request: DecodeRequest): Promise<void> {
    const { clock, cost, decode, floors, statistics } = this.#options;
    const span = request.takeSpan();
    if (span === undefined) return;
    const floor = span.windowFloor ?? floors.final;
    const hypothesis = await decode(span, floor);
    const tookS = SECOND_HEARING_COST * cost(countFrames(span.samples.length, floor));
    statistics.secondS += tookS;
    clock.setTimer(tookS * 1_000, () => request.onAnswer({ kind: 'hypothesis', job: request.job, hypothesis }));
  }

  async #startNext(): Promise<void> {
    if (this.#running !== undefined) return;
    const chosen = this.#waiting.find(({ final }) => final) ?? this.#waiting[0];
    if (chosen === undefined) return;
    this.#waiting = this.#waiting.filter((request) => request !== chosen);
    const span = chosen.takeSpan();
    if (span === undefined) return this.#startNext();
    this.#running = chosen;
    const { clock, cost, decode, floors, statistics } = this.#options;
    const floor = span.windowFloor ?? floors[span.kind];
    const tookS = cost(countFrames(span.samples.length, floor));
    const hypothesis = await decode(span, floor);
    statistics.decodes++;
    statistics.busyS += tookS;
    clock.setTimer(tookS * 1_000, () => {
      if (this.#running !== chosen) return;
      this.#running = undefined;
      const answer = { ...hypothesis, decodeMs: tookS * 1_000 };
      chosen.onAnswer({ kind: 'hypothesis', job: chosen.job, hypothesis: answer });
      this.#startSoon();
    });
  }
}

/** A recogniser that decodes with `decode`, in the time that a machine of the table would take. */
class SimulatedRecogniser implements Recogniser {
  readonly slots: number;
  readonly #options: SimulatedDecoding & { readonly machine: Machine };
  /** Ends a running decode now. */
  readonly #running = new Map<number, () => void>();

  constructor(options: SimulatedDecoding & { readonly machine: Machine }) {
    this.#options = options;
    this.slots = options.machine.cores;
  }

  ready(): Promise<never> {
    return Promise.reject(new Error('A simulated recogniser does not start.'));
  }

  decode(job: DecodeJob): Promise<DecodeAnswer> {
    const { clock, decode, floors, machine, statistics } = this.#options;
    const beganMs = clock.nowMs();
    const floor = job.windowFloor ?? floors[job.kind];
    return new Promise((answer) => {
      // Reserves the slot until the real decode is known.
      this.#running.set(job.id, () => {});
      const running = this.#running.size;
      const { id: _, ...span } = job;
      const decoded = decode({ channel: 0, ...span } as DecodeSpan, floor).then((hypothesis) => {
        const frames = countFrames(job.samples.length, floor);
        const tookS = decodeSeconds(machine, running, frames, hypothesis.words.length);
        statistics.decodes++;
        const end = (stop: typeof hypothesis.stop): void => {
          this.#running.delete(job.id);
          timer[Symbol.dispose]();
          statistics.busyS += (clock.nowMs() - beganMs) / 1_000;
          answer({ kind: 'hypothesis', job: job.id, hypothesis: { ...hypothesis, stop, decodeMs: tookS * 1_000 } });
        };
        const timer = clock.setTimer(tookS * 1_000, () => end(hypothesis.stop));
        this.#running.set(job.id, () => end('aborted'));
      });
      void clock.hold(decoded);
    });
  }

  /** A decode of the engine ends some milliseconds after it is aborted. */
  abort(job: number): void {
    this.#options.clock.setTimer(ABORT_MS, () => this.#running.get(job)?.());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const ABORT_MS = 20;

/** The server's own scheduler over a simulated machine. */
export function simulateScheduler(
  options: SimulatedDecoding & { readonly machine: Machine },
  partialIntervalMs: number,
  onServiceLevelChange: (level: ServiceLevel) => void,
): DecodeScheduler {
  return new DecodeScheduler({
    recogniser: new SimulatedRecogniser(options),
    clock: options.clock,
    meter: silentMeter,
    partialIntervalMs,
    realTimeFactor: 0.1,
    onServiceLevelChange,
    reportBug: (error) => {
      throw error;
    },
  });
}

import type { DecodeSpan } from '../../server/core/session/outputs.ts';
import { DecodeScheduler } from '../../server/flow/decode-scheduler.ts';
import { silentMeter as meter } from '../../server/flow/silent-meter.ts';
import type { DecodeAnswer, DecodeJob, Recogniser } from '../../server/ports/recogniser.ts';
import { ScriptedClock } from './scripted-clock.ts';

export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A recogniser whose decodes end when they are told to. */
export class ScriptedRecogniser implements Recogniser {
  readonly running: { job: DecodeJob; end(answer: DecodeAnswer): void }[] = [];
  readonly aborted: number[] = [];
  most = 0;
  readonly slots: number;

  constructor(slots: number) {
    this.slots = slots;
  }

  decode(job: DecodeJob): Promise<DecodeAnswer> {
    return new Promise((end) => {
      this.running.push({ job, end });
      this.most = Math.max(this.most, this.running.length);
    });
  }

  abort(job: number): void {
    this.aborted.push(job);
  }

  async end(): Promise<void> {
    const { job, end } = this.running.shift()!;
    end({ kind: 'failed', job: job.id, code: 'engine.busy', text: '' });
    await settled();
  }

  ready(): never {
    throw new Error('not asked');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export interface Bench {
  readonly recogniser: ScriptedRecogniser;
  readonly scheduler: DecodeScheduler;
  readonly taken: string[];
  readonly answered: string[];
  readonly advice: number[];
  readonly clock: ScriptedClock;
  post(session: string, job: number, kind: 'partial' | 'final' | 'recording', wanted?: 'wanted' | 'gone'): void;
}

export const reportBug = (error: unknown): never => {
  throw error;
};

export function open(slots: number): Bench {
  const recogniser = new ScriptedRecogniser(slots);
  const clock = new ScriptedClock();
  const taken: string[] = [];
  const answered: string[] = [];
  const advice: number[] = [];
  const scheduler = new DecodeScheduler({
    ...{ recogniser, clock, meter, partialIntervalMs: 300, realTimeFactor: 0.05, reportBug },
    onServiceLevelChange: ({ cadence }) => advice.push(cadence),
  });
  const post: Bench['post'] = (session, job, kind, wanted = 'wanted') =>
    scheduler.enqueue({
      session,
      job,
      final: kind !== 'partial',
      background: kind === 'recording' ? 'recording' : undefined,
      takeSpan: () => {
        taken.push(`${session}${job}`);
        return wanted === 'wanted' ? ({ kind: kind === 'partial' ? kind : 'final' } as DecodeSpan) : undefined;
      },
      onAnswer: (answer) => answered.push(`${session}${job} ${answer.kind}`),
    });
  return { recogniser, scheduler, taken, answered, advice, clock, post };
}

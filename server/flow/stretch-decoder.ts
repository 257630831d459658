import { LIMITS } from '../../protocol/index.ts';
import type { Hypothesis } from '../core/hypothesis.ts';
import type { SecondHypothesis } from '../core/session/inputs.ts';
import type { DecodeSpan, SessionOutput } from '../core/session/outputs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import type { IdleDecoder } from './idle-decoder.ts';

type HearAgainOutput = Extract<SessionOutput, { kind: 'hearAgain' }>;

export interface StretchDecoderSetup {
  readonly decoder: Pick<IdleDecoder, 'decode'>;
  readonly clock: Clock;
  readonly meter: Pick<Meter, 'heardAgain'>;
  /** Copies audio that is still held; undefined when its beginning is gone. */
  readonly readAudio: (channel: number, from: number, to: number) => Float32Array | undefined;
  /** When the audio up to `audioMs` came, ms; undefined when that is not known. */
  readonly findArrivalMs: (audioMs: number) => number | undefined;
  readonly onResult: (input: SecondHypothesis) => void;
  /** Takes an unexpected error; it ends the session. */
  readonly onError: (error: unknown) => void;
}

interface Task {
  readonly stretch: number;
  readonly channel: number;
  readonly abort: AbortController;
  /** When its first sentence was said. */
  readonly spokenAtMs: number;
  timer: Disposable | undefined;
}

/**
 * Has the stretches of one session decoded again. It holds the audio of one stretch for each channel, at most 29.5 s: one that
 * is not decoded when the next comes is given up, as is one that is `LIMITS.secondHearingMs` behind. Nothing waits for it but
 * the end of the session, for `LIMITS.secondHearingAtEndMs`.
 */
export class StretchDecoder {
  readonly #setup: StretchDecoderSetup;
  readonly #tasks = new Set<Task>();
  #isEnding = false;

  constructor(setup: StretchDecoderSetup) {
    this.#setup = setup;
  }

  /** Reports one result, never before it has returned. */
  decode({ stretch, span, otherModel, to, spokenMs }: HearAgainOutput): void {
    const { clock, readAudio, findArrivalMs } = this.#setup;
    for (const { channel, abort } of this.#tasks) if (channel === span.channel) abort.abort();
    const samples = readAudio(span.channel, span.fromSample, to);
    const spokenAtMs = findArrivalMs(spokenMs) ?? clock.nowMs();
    const task: Task = { stretch, channel: span.channel, abort: new AbortController(), spokenAtMs, timer: undefined };
    this.#tasks.add(task);
    this.#setDeadline(
      task,
      this.#isEnding ? LIMITS.secondHearingAtEndMs : spokenAtMs + LIMITS.secondHearingMs - clock.nowMs(),
    );
    void this.#run(task, samples && { ...span, samples }, otherModel);
  }

  /** No audio follows: the end of the session waits for what is being decoded. */
  hurry(): void {
    this.#isEnding = true;
    for (const task of this.#tasks) this.#setDeadline(task, LIMITS.secondHearingAtEndMs);
  }

  close(): void {
    for (const task of this.#tasks) {
      task.timer?.[Symbol.dispose]();
      task.abort.abort();
    }
    this.#tasks.clear();
  }

  #setDeadline(task: Task, inMs: number): void {
    task.timer?.[Symbol.dispose]();
    task.timer = this.#setup.clock.setTimer(Math.max(0, inMs), () => task.abort.abort());
  }

  async #run(task: Task, span: DecodeSpan | undefined, otherModel: string | undefined): Promise<void> {
    try {
      const hypothesis = await (span && this.#decodeOnce(task, span));
      const isJoined = hypothesis !== undefined && otherModel !== undefined;
      const other = isJoined ? await this.#decodeOnce(task, { ...span!, model: otherModel }) : undefined;
      this.#settle(task, hypothesis, other);
    } catch (error) {
      this.#setup.onError(error);
    }
  }

  /** Whatever goes wrong, the sentences keep the words they have; the failing part has its own log. */
  #decodeOnce({ abort }: Task, span: DecodeSpan): Promise<Hypothesis | undefined> {
    if (abort.signal.aborted) return Promise.resolve(undefined);
    return this.#setup.decoder.decode(span, 'secondHearing', abort.signal).catch(() => undefined);
  }

  #settle(task: Task, hypothesis: Hypothesis | undefined, other: Hypothesis | undefined): void {
    if (!this.#tasks.delete(task)) return;
    task.timer?.[Symbol.dispose]();
    const { clock, meter, onResult } = this.#setup;
    const { stretch } = task;
    meter.heardAgain(hypothesis === undefined ? 'given up' : 'heard', clock.nowMs() - task.spokenAtMs);
    onResult(
      hypothesis === undefined
        ? { kind: 'noSecondHypothesis', stretch }
        : { kind: 'secondHypothesis', stretch, hypothesis, other },
    );
  }
}

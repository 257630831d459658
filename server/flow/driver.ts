import type { AudioFormat, Configure, EventBody } from '../../protocol/index.ts';
import { AudioIntake } from '../core/audio/intake.ts';
import type { SessionInput } from '../core/session/inputs.ts';
import type { SessionOutput } from '../core/session/outputs.ts';
import { SessionCore } from '../core/session/session.ts';
import type { PipelineOptions, SessionSettings } from '../core/session/settings.ts';
import { msFromSamples, SAMPLE_RATE } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import type { SpeechModel } from '../ports/speech-model.ts';
import { type Cleaners, clean } from './cleaning.ts';
import type { JobBoard } from './job-board.ts';
import { VoiceQueue } from './voice-queue.ts';

export interface DriverParts {
  readonly session: string;
  readonly board: JobBoard;
  readonly speechModel: SpeechModel;
  readonly cleaners: Cleaners;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly cleanTimeoutMs: number;
  readonly pauseMs: number;
}

/** What the driver tells its session. */
export interface DriverEvents {
  event(event: EventBody): void;
  /** `done` was sent; nothing follows. */
  closed(): void;
  /** Stop or go on reading: the client sends faster than is decoded. */
  throttle(stop: boolean): void;
  /** Something failed that should not have. */
  broken(error: unknown): void;
}

/** Undecoded audio at which reading stops, and at which it goes on, in seconds. */
const STOP_AT_SECONDS = 10;
const GO_AT_SECONDS = 5;
const ACK_EVERY_SAMPLES = SAMPLE_RATE;

/** Does what one session's core asks, and feeds the answers back. The only place where a session meets time. */
export class Driver {
  readonly #parts: DriverParts;
  readonly #events: DriverEvents;
  readonly #core: SessionCore;
  readonly #intake: AudioIntake;
  readonly #voices: readonly VoiceQueue[];
  #acked = 0;
  #stopped = false;
  #ended = false;
  #silence: Disposable | undefined;
  #warned = { clipped: false, invalid: false };

  constructor(
    format: AudioFormat,
    settings: SessionSettings,
    pipeline: PipelineOptions,
    parts: DriverParts,
    events: DriverEvents,
  ) {
    this.#parts = parts;
    this.#events = events;
    this.#core = new SessionCore(settings, pipeline);
    this.#intake = new AudioIntake(format);
    this.#voices = Array.from(
      { length: settings.channels },
      (_, channel) =>
        new VoiceQueue(
          parts.speechModel.open(),
          (from, to) => this.#core.audio(channel, from, to),
          (from, to, value) => this.#feed({ kind: 'probability', channel, from, to, value }),
        ),
    );
  }

  audio(bytes: Uint8Array): void {
    if (this.#ended) return;
    const { channels, invalid, clipped } = this.#intake.push(bytes);
    this.#parts.meter.audio((channels[0]?.length ?? 0) / SAMPLE_RATE);
    this.#warn(invalid, clipped, channels[0]?.length ?? 0);
    this.#feed({ kind: 'audio', channels });
    this.#ack(false);
    this.#silence?.[Symbol.dispose]();
    this.#silence = this.#parts.clock.after(this.#parts.pauseMs, () => this.#feed({ kind: 'pause' }));
  }

  /** Audio taken in so far: whole samples of each channel at the client's rate, and their time. */
  get position(): { readonly audioMs: number; readonly samples: number } {
    return { audioMs: msFromSamples(this.#core.heardSamples), samples: this.#intake.frames };
  }

  /** The connection is lost: the client will send on from the last whole sample, and its silence means nothing. */
  detached(): void {
    this.#intake.dropTorn();
    this.#silence?.[Symbol.dispose]();
  }

  configure(settings: Configure): void {
    this.#feed({ kind: 'configure', settings });
  }

  flush(id: string | undefined): void {
    this.#feed({ kind: 'flush', id });
  }

  load(cadence: number, lagMs: number): void {
    this.#feed({ kind: 'load', cadence, lagMs });
  }

  finish(): void {
    this.#feed({ kind: 'audio', channels: this.#intake.flush() });
    this.#ack(true);
    this.#feed({ kind: 'finish' });
  }

  /** The client is gone: nothing more is decoded for it. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#silence?.[Symbol.dispose]();
    this.#parts.board.leave(this.#parts.session);
    for (const voices of this.#voices) voices.close();
  }

  #feed(input: SessionInput): void {
    if (this.#ended) return;
    try {
      for (const output of this.#core.handle(input)) this.#do(output);
      this.#throttle();
    } catch (error) {
      this.#events.broken(error);
    }
  }

  #do(output: SessionOutput): void {
    const { session, board } = this.#parts;
    switch (output.kind) {
      case 'detect':
        this.#voices[output.channel]!.push(output.from, output.to);
        return;
      case 'recognise':
        this.#recognise(output.job, output.final);
        return;
      case 'forget':
        board.forget(session, output.job);
        return;
      case 'clean':
        void clean(output, this.#parts.cleaners, this.#parts.cleanTimeoutMs, this.#parts.clock).then((input) =>
          this.#feed(input),
        );
        return;
      case 'event':
        if (output.event.type === 'final') this.#parts.meter.finished();
        this.#events.event(output.event);
        return;
      case 'closed':
        this.#events.closed();
        return;
    }
  }

  #recognise(job: number, final: boolean): void {
    this.#parts.board.post({
      session: this.#parts.session,
      job,
      final,
      take: () => this.#core.take(job),
      answer: (answer) => {
        if (answer.kind === 'hypothesis') this.#feed({ kind: 'hypothesis', job, hypothesis: answer.hypothesis });
        else this.#feed({ kind: 'undecoded', job, reason: answer.kind });
      },
    });
  }

  #throttle(): void {
    const seconds = this.#core.undecodedSamples / SAMPLE_RATE;
    const stop = this.#stopped ? seconds > GO_AT_SECONDS : seconds > STOP_AT_SECONDS;
    if (stop === this.#stopped) return;
    this.#stopped = stop;
    this.#events.throttle(stop);
  }

  #ack(now: boolean): void {
    const heard = this.#core.heardSamples;
    if (heard === this.#acked || (!now && heard - this.#acked < ACK_EVERY_SAMPLES)) return;
    this.#acked = heard;
    this.#events.event({ type: 'ack', ...this.position });
  }

  /** Once a session is enough; a microphone that clips does so all the time. */
  #warn(invalid: number, clipped: number, samples: number): void {
    if (invalid > 0 && !this.#warned.invalid) {
      this.#warned.invalid = true;
      this.#events.event({
        type: 'notice',
        code: 'audio.invalid',
        text: 'Some samples are not numbers; they are taken as silence.',
      });
    }
    if (clipped > samples * 0.02 && clipped > 20 && !this.#warned.clipped) {
      this.#warned.clipped = true;
      this.#events.event({
        type: 'notice',
        code: 'audio.clipped',
        text: 'The audio is clipped; turn the microphone down.',
      });
    }
  }
}

import type { AudioFormat, Configure, EventBody } from '../../protocol/index.ts';
import { AudioIntake } from '../core/audio/intake.ts';
import type { ServiceLevel } from '../core/schedule/load-shedder.ts';
import type { SessionInput } from '../core/session/inputs.ts';
import type { DecodeSpan, SessionOutput } from '../core/session/outputs.ts';
import { SessionCore } from '../core/session/session.ts';
import type { PipelineOptions, SessionSettings } from '../core/session/settings.ts';
import type { SessionSnapshot } from '../core/session/snapshot.ts';
import { SAMPLE_RATE, samplesToMs } from '../core/time.ts';
import type { Assistant } from '../ports/assistant.ts';
import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import type { SpeechModel } from '../ports/speech-model.ts';
import { ArrivalTimes } from './arrival-times.ts';
import { type Cleaners, cleanSentence } from './clean-sentence.ts';
import type { DecodeScheduler } from './decode-scheduler.ts';
import { SessionTranslator } from './session-translator.ts';
import { VadQueue } from './vad-queue.ts';
import { WhisperTranslator, type WhisperTranslatorSetup } from './whisper-translator.ts';

export interface DriverParts {
  readonly session: string;
  readonly board: DecodeScheduler;
  readonly speechModel: SpeechModel;
  readonly cleaners: Cleaners;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly cleanTimeoutMs: number;
  readonly pauseMs: number;
  readonly assistant?: Assistant | undefined;
  /** Name of the speech model that translates into English; undefined leaves it to the assistant. */
  readonly english?: string | undefined;
}

export interface DriverSetup {
  readonly format: AudioFormat;
  readonly settings: SessionSettings;
  readonly pipeline: PipelineOptions;
  readonly seed?: DriverSnapshot | undefined;
}

/** What the driver tells its session. */
export interface DriverEvents {
  /** They belong together: told at the same moment. */
  events(events: readonly EventBody[]): void;
  /** Languages that viewers ask for now. */
  wished(): Iterable<string>;
  /** Whole frames of the client's audio, before anything comes of them. */
  heard(bytes: Uint8Array): void;
  /** `done` was sent; nothing follows. */
  closed(): void;
  /** Stop or go on reading: the client sends faster than is decoded. */
  throttle(stop: boolean): void;
  /** Something failed that should not have. */
  broken(error: unknown): void;
}

/** How a driver stands, to go on from in another process; plain JSON. */
export interface DriverSnapshot {
  readonly core: SessionSnapshot;
  /** The client's audio must be given again from this frame on. */
  readonly fromFrame: number;
  readonly acked: number;
  readonly warned: { readonly clipped: boolean; readonly invalid: boolean };
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
  readonly #voices: readonly VadQueue[];
  readonly #arrivals = new ArrivalTimes();
  readonly #translating: SessionTranslator;
  #acked: number;
  #stopped = false;
  #ended = false;
  #silence: Disposable | undefined;
  #warned: { clipped: boolean; invalid: boolean };

  /** With a `seed` it goes on where another stood; call `replay` before anything else. */
  constructor({ format, settings, pipeline, seed }: DriverSetup, parts: DriverParts, events: DriverEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#core = new SessionCore(settings, pipeline, seed?.core);
    this.#intake = new AudioIntake(format, seed?.fromFrame);
    this.#acked = seed?.acked ?? 0;
    this.#warned = { ...(seed?.warned ?? { clipped: false, invalid: false }) };
    this.#translating = new SessionTranslator({
      assistant: parts.assistant,
      english: this.#english(parts, settings.model),
      clock: parts.clock,
      wished: () => events.wished(),
      answer: (input) => this.#feed(input),
      broken: (error) => this.#events.broken(error),
    });
    this.#voices = this.#openVoices(settings.channels);
  }

  /** One per channel, or none: when a probe cannot be opened, those before it are closed. */
  #openVoices(channels: number): VadQueue[] {
    const voices: VadQueue[] = [];
    try {
      for (let channel = 0; channel < channels; channel++)
        voices.push(
          new VadQueue(
            this.#parts.speechModel.open(),
            (from, to) => this.#core.audio(channel, from, to),
            (from, to, value) => this.#feed({ kind: 'probability', channel, from, to, value }),
            (error) => this.#events.broken(error),
          ),
        );
      return voices;
    } catch (error) {
      for (const opened of voices) opened.close();
      throw error;
    }
  }

  #english({ english: model, session, board }: DriverParts, pinned: string | undefined): WhisperTranslator | undefined {
    if (model === undefined) return undefined;
    const held: WhisperTranslatorSetup['held'] = (channel, from, to) => this.#core.held(channel, from, to);
    return new WhisperTranslator({ session, board, model, pinned, held });
  }

  audio(bytes: Uint8Array): void {
    if (this.#ended) return;
    const { channels, bytes: whole, invalid, clipped } = this.#intake.push(bytes);
    this.#events.heard(whole);
    this.#parts.meter.audio((channels[0]?.length ?? 0) / SAMPLE_RATE);
    this.#warn(invalid, clipped, channels[0]?.length ?? 0);
    this.#feed({ kind: 'audio', channels });
    this.#arrivals.came(this.position.audioMs, this.#parts.clock.nowMs());
    this.#ack(false);
    this.#watchSilence();
    if (this.#stopped) this.#silence?.[Symbol.dispose]();
  }

  #watchSilence(): void {
    this.#silence?.[Symbol.dispose]();
    // The session may have ended of what came of the audio.
    if (this.#ended) return;
    this.#silence = this.#parts.clock.after(this.#parts.pauseMs, () => this.#feed({ kind: 'pause' }));
  }

  /** Hears again what its seed asks for. `finished` when the client had said that no more follows. */
  replay(bytes: Uint8Array, state: 'streaming' | 'finished'): void {
    const skip = this.#core.heardSamples - this.#intake.out;
    const { channels } = this.#intake.push(bytes);
    this.#intake.dropTorn();
    const tails = state === 'finished' ? this.#intake.flush() : [];
    const again = channels.map((samples, i) => joined(samples, tails[i]).subarray(Math.max(0, skip)));
    this.#feed({ kind: 'audio', channels: again });
    if (state === 'finished') this.#feed({ kind: 'finish' });
  }

  get seed(): DriverSnapshot {
    const core = this.#core.seed;
    const fromFrame = core.state === 'closed' ? this.#intake.frames : this.#intake.rewound(core.from);
    return { core, fromFrame, acked: this.#acked, warned: { ...this.#warned } };
  }

  /** All that was heard has been judged, and what has ended is decoded. */
  get isCaughtUp(): boolean {
    return this.#core.undecodedSamples < SAMPLE_RATE / 10;
  }

  get frameBytes(): number {
    return this.#intake.frameBytes;
  }

  /** Audio taken in so far: whole samples of each channel at the client's rate, and their time. */
  get position(): { readonly audioMs: number; readonly samples: number } {
    return { audioMs: samplesToMs(this.#core.heardSamples), samples: this.#intake.frames };
  }

  /** The connection is lost: the client will send on from the last whole sample, and its silence means nothing. */
  detached(): void {
    this.#intake.dropTorn();
    this.#silence?.[Symbol.dispose]();
    this.#silence = undefined;
  }

  configure(settings: Configure): void {
    this.#feed({ kind: 'configure', settings });
  }

  flush(id: string | undefined): void {
    this.#feed({ kind: 'flush', id });
  }

  load(advice: ServiceLevel): void {
    this.#translating.load(advice);
    this.#feed({ kind: 'load', advice });
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
    this.#silence = undefined;
    this.#parts.board.leave(this.#parts.session);
    this.#translating.close();
    for (const voices of this.#voices) voices.close();
  }

  #feed(input: SessionInput): void {
    if (this.#ended) return;
    try {
      const outputs = this.#core.handle(input);
      // What is told is written down with how the core stands now, which is behind all of it.
      const events = outputs.flatMap((output) => (output.kind === 'event' ? [output.event] : []));
      for (const event of events) this.#time(event);
      if (events.length > 0) this.#events.events(events);
      for (const output of outputs) this.#do(output);
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
        void cleanSentence(output, this.#parts.cleaners, this.#parts.cleanTimeoutMs, this.#parts.clock)
          .then((input) => this.#feed(input))
          .catch((error) => this.#events.broken(error));
        return;
      case 'translate':
        this.#translating.begin(output);
        return;
      case 'event':
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
      take: () => this.#take(job),
      answer: (answer) => {
        if (answer.kind === 'hypothesis') this.#feed({ kind: 'hypothesis', job, hypothesis: answer.hypothesis });
        else this.#feed({ kind: 'undecoded', job, reason: answer.kind });
      },
    });
  }

  /** The job board asks when a slot is free, perhaps on behalf of another session. */
  #take(job: number): DecodeSpan | undefined {
    try {
      return this.#core.take(job);
    } catch (error) {
      this.#events.broken(error);
      return undefined;
    }
  }

  #time(event: EventBody): void {
    if (event.type !== 'partial' && event.type !== 'final') return;
    const { meter, clock } = this.#parts;
    if (event.type === 'final') meter.finished();
    const cameMs = this.#arrivals.of(event.toMs);
    if (cameMs !== undefined) meter.delay(event.type, clock.nowMs() - cameMs);
  }

  #throttle(): void {
    const seconds = this.#core.undecodedSamples / SAMPLE_RATE;
    const stop = this.#stopped ? seconds > GO_AT_SECONDS : seconds > STOP_AT_SECONDS;
    if (stop === this.#stopped) return;
    this.#stopped = stop;
    // A client that is not read cannot go on speaking; its silence means nothing.
    this.#silence?.[Symbol.dispose]();
    if (!stop && this.#silence !== undefined) this.#watchSilence();
    this.#events.throttle(stop);
  }

  #ack(now: boolean): void {
    const heard = this.#core.heardSamples;
    if (heard === this.#acked || (!now && heard - this.#acked < ACK_EVERY_SAMPLES)) return;
    this.#acked = heard;
    this.#events.events([{ type: 'ack', ...this.position }]);
  }

  /** Once a session is enough; a microphone that clips does so all the time. */
  #warn(invalid: number, clipped: number, samples: number): void {
    if (invalid > 0 && !this.#warned.invalid) {
      this.#warned.invalid = true;
      this.#notice('audio.invalid', 'Some samples are not numbers; they are taken as silence.');
    }
    if (clipped > samples * 0.02 && clipped > 20 && !this.#warned.clipped) {
      this.#warned.clipped = true;
      this.#notice('audio.clipped', 'The audio is clipped; turn the microphone down.');
    }
  }

  #notice(code: 'audio.invalid' | 'audio.clipped', text: string): void {
    this.#events.events([{ type: 'notice', code, text }]);
  }
}

function joined(head: Float32Array, tail: Float32Array | undefined): Float32Array {
  if (tail === undefined) return head;
  const whole = new Float32Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

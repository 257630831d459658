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
import type { TurnDetector } from '../ports/turn-detector.ts';
import { ArrivalTimes } from './arrival-times.ts';
import { type Cleaners, cleanSentence } from './clean-sentence.ts';
import type { DecodeScheduler } from './decode-scheduler.ts';
import { IdleDecoder } from './idle-decoder.ts';
import { SessionTranslator } from './session-translator.ts';
import { StretchDecoder } from './stretch-decoder.ts';
import { VadQueue } from './vad-queue.ts';
import { WhisperTranslator } from './whisper-translator.ts';

export interface DriverParts {
  readonly session: string;
  readonly scheduler: DecodeScheduler;
  readonly speechModel: SpeechModel;
  /** Undefined where pauses are judged by their text alone. */
  readonly turnDetector?: TurnDetector | undefined;
  readonly cleaners: Cleaners;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly cleanTimeoutMs: number;
  readonly pauseMs: number;
  readonly assistant?: Assistant | undefined;
  /** Name of the speech model that translates into English; undefined leaves that to the assistant. */
  readonly translationModel?: string | undefined;
}

export interface DriverSetup {
  readonly format: AudioFormat;
  readonly settings: SessionSettings;
  readonly pipeline: PipelineOptions;
  readonly snapshot?: DriverSnapshot | undefined;
  /** Whether the audio had been announced to end before the snapshot was taken. */
  readonly isFinished?: boolean | undefined;
}

/** What the driver reports to its session. */
export interface DriverEvents {
  /** Events that belong together, delivered in one call. */
  onEvents(events: readonly EventBody[]): void;
  /** Languages that viewers request now. */
  getRequestedLanguages(): Iterable<string>;
  /** Whole frames of the client's audio, before they are processed. */
  onAudio(bytes: Uint8Array): void;
  /** `done` was sent; nothing follows. */
  onClosed(): void;
  /** Stop or resume reading, as `isPaused` says. */
  onThrottle(): void;
  /** An unexpected error. */
  onError(error: unknown): void;
}

/** A driver's state, to continue from in another process; plain JSON. */
export interface DriverSnapshot {
  readonly core: SessionSnapshot;
  /** The client's audio must be replayed from this frame on. */
  readonly fromFrame: number;
  readonly acked: number;
  readonly warned: { readonly clipped: boolean; readonly invalid: boolean };
}

/** Seconds of undecoded audio at which reading stops, and at which it resumes. */
const PAUSE_AT_SECONDS = 10;
const RESUME_AT_SECONDS = 5;
const ACK_INTERVAL_SAMPLES = SAMPLE_RATE;

/**
 * Carries out what one session's core requests, and feeds the results back. The only place where a session meets time.
 */
export class Driver {
  readonly #parts: DriverParts;
  readonly #callbacks: DriverEvents;
  readonly #core: SessionCore;
  readonly #intake: AudioIntake;
  readonly #vadQueues: readonly VadQueue[];
  readonly #arrivals = new ArrivalTimes();
  readonly #translator: SessionTranslator;
  readonly #stretchDecoder: StretchDecoder;
  #acked: number;
  #isPaused = false;
  #isFinished: boolean;
  #isClosed = false;
  #silenceTimer: Disposable | undefined;
  #warned: { clipped: boolean; invalid: boolean };

  /** With a `snapshot` it continues an earlier driver; call `replay` before anything else. */
  constructor(
    { format, settings, pipeline, snapshot, isFinished = false }: DriverSetup,
    parts: DriverParts,
    events: DriverEvents,
  ) {
    this.#parts = parts;
    this.#callbacks = events;
    this.#core = new SessionCore(settings, pipeline, snapshot?.core);
    this.#intake = new AudioIntake(format, snapshot?.fromFrame);
    this.#isFinished = isFinished;
    this.#acked = snapshot?.acked ?? 0;
    this.#warned = { ...(snapshot?.warned ?? { clipped: false, invalid: false }) };
    const decoder = new IdleDecoder(parts);
    const shared = {
      ...{ decoder, clock: parts.clock, meter: parts.meter },
      readAudio: (channel: number, from: number, to: number) => this.#core.held(channel, from, to),
      onResult: (input: SessionInput) => this.#feed(input),
      onError: (error: unknown) => this.#callbacks.onError(error),
    };
    const { assistant, translationModel: model } = parts;
    this.#translator = new SessionTranslator({
      ...shared,
      assistant,
      whisper:
        model === undefined ? undefined : new WhisperTranslator({ ...shared, model, sessionModel: settings.model }),
      getRequestedLanguages: () => events.getRequestedLanguages(),
    });
    this.#stretchDecoder = new StretchDecoder({
      ...shared,
      findArrivalMs: (audioMs) => this.#arrivals.findArrivalMs(audioMs),
    });
    this.#vadQueues = this.#openVadQueues(settings.channels);
  }

  /** One per channel, or none: when a probe cannot be opened, those before it are closed. */
  #openVadQueues(channels: number): VadQueue[] {
    const queues: VadQueue[] = [];
    try {
      for (let channel = 0; channel < channels; channel++)
        queues.push(
          new VadQueue(
            this.#parts.speechModel.openProbe(),
            (from, to) => this.#core.audio(channel, from, to),
            (from, to, value) => this.#feed({ kind: 'probability', channel, from, to, value }),
            (error) => this.#callbacks.onError(error),
          ),
        );
      return queues;
    } catch (error) {
      for (const opened of queues) opened.close();
      throw error;
    }
  }

  pushAudio(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    const { channels, bytes: whole, invalid, clipped } = this.#intake.push(bytes);
    this.#callbacks.onAudio(whole);
    this.#parts.meter.audio((channels[0]?.length ?? 0) / SAMPLE_RATE);
    this.#warnAboutAudio(invalid, clipped, channels[0]?.length ?? 0);
    this.#feed({ kind: 'audio', channels });
    this.#arrivals.add(this.position.audioMs, this.#parts.clock.nowMs());
    this.#acknowledge(false);
    this.#restartSilenceTimer();
    if (this.#isPaused) this.#silenceTimer?.[Symbol.dispose]();
  }

  #restartSilenceTimer(): void {
    this.#silenceTimer?.[Symbol.dispose]();
    // Processing the audio may have ended the session.
    if (this.#isClosed) return;
    this.#silenceTimer = this.#parts.clock.setTimer(this.#parts.pauseMs, () => this.#feed({ kind: 'pause' }));
  }

  /** Whether the client must not be read: it sends faster than the engine decodes. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether the end of the audio was announced, by the client or for it. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Feeds the audio again that the snapshot asks for. */
  replay(bytes: Uint8Array): void {
    const skip = this.#core.receivedSamples - this.#intake.out;
    const { channels } = this.#intake.push(bytes);
    this.#intake.dropTorn();
    const tails = this.#isFinished ? this.#intake.flush() : [];
    const replayed = channels.map((samples, i) => concatSamples(samples, tails[i]).subarray(Math.max(0, skip)));
    this.#feed({ kind: 'audio', channels: replayed });
    if (!this.#isFinished) return;
    this.#stretchDecoder.hurry();
    this.#feed({ kind: 'finish' });
  }

  get snapshot(): DriverSnapshot {
    const core = this.#core.snapshot;
    const fromFrame = core.state === 'closed' ? this.#intake.frames : this.#intake.rewound(core.from);
    return { core, fromFrame, acked: this.#acked, warned: { ...this.#warned } };
  }

  /** Whether all received audio has been through the VAD, and all ended speech is decoded. */
  get isCaughtUp(): boolean {
    return this.#core.undecodedSamples < SAMPLE_RATE / 10;
  }

  get frameBytes(): number {
    return this.#intake.frameBytes;
  }

  /** Audio received so far: whole samples of each channel at the client's rate, and their duration. */
  get position(): { readonly audioMs: number; readonly samples: number } {
    return { audioMs: samplesToMs(this.#core.receivedSamples), samples: this.#intake.frames };
  }

  /** The connection is lost. The client will continue from the last whole sample, and its silence means nothing. */
  detach(): void {
    this.#intake.dropTorn();
    this.#silenceTimer?.[Symbol.dispose]();
    this.#silenceTimer = undefined;
  }

  configure(settings: Configure): void {
    this.#feed({ kind: 'configure', settings });
  }

  flush(id: string | undefined): void {
    this.#feed({ kind: 'flush', id });
  }

  setServiceLevel(level: ServiceLevel): void {
    this.#translator.setServiceLevel(level);
    this.#feed({ kind: 'load', serviceLevel: level });
  }

  /** No more audio follows. Call it once. */
  finish(): void {
    this.#isFinished = true;
    this.#feed({ kind: 'audio', channels: this.#intake.flush() });
    this.#acknowledge(true);
    this.#stretchDecoder.hurry();
    this.#feed({ kind: 'finish' });
  }

  /** The client is gone: nothing more is decoded for it. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#silenceTimer?.[Symbol.dispose]();
    this.#silenceTimer = undefined;
    this.#parts.scheduler.removeSession(this.#parts.session);
    this.#translator.close();
    this.#stretchDecoder.close();
    for (const queue of this.#vadQueues) queue.close();
  }

  #feed(input: SessionInput): void {
    if (this.#isClosed) return;
    try {
      const outputs = this.#core.handle(input);
      // Journal these events together with a snapshot of the core taken after they were produced.
      const events = outputs.flatMap((output) => (output.kind === 'event' ? [output.event] : []));
      for (const event of events) this.#measureDelay(event);
      if (events.length > 0) this.#callbacks.onEvents(events);
      for (const output of outputs) this.#perform(output);
      this.#updateThrottle();
    } catch (error) {
      this.#callbacks.onError(error);
    }
  }

  #perform(output: SessionOutput): void {
    const { session, scheduler } = this.#parts;
    switch (output.kind) {
      case 'detect':
        this.#vadQueues[output.channel]!.push(output.from, output.to);
        return;
      case 'predictTurnEnd':
        this.#predictTurnEnd(output);
        return;
      case 'recognise':
        this.#requestDecode(output.job, output.final);
        return;
      case 'forget':
        scheduler.cancel(session, output.job);
        return;
      case 'clean':
        void cleanSentence(output, this.#parts.cleaners, this.#parts.cleanTimeoutMs, this.#parts.clock)
          .then((input) => this.#feed(input))
          .catch((error) => this.#callbacks.onError(error));
        return;
      case 'translate':
        this.#translator.translate(output);
        return;
      case 'hearAgain':
        this.#stretchDecoder.decode(output);
        return;
      case 'event':
        return;
      case 'closed':
        this.#callbacks.onClosed();
        return;
    }
  }

  #predictTurnEnd({ channel, from, to }: Extract<SessionOutput, { kind: 'predictTurnEnd' }>): void {
    const audio = this.#core.held(channel, from, to);
    if (audio === undefined) return;
    void this.#parts.turnDetector
      ?.predictTurnEnd(audio)
      .then((probability) => {
        if (probability !== undefined) this.#feed({ kind: 'turnEnd', channel, to, probability });
      })
      .catch((error) => this.#callbacks.onError(error));
  }

  #requestDecode(job: number, final: boolean): void {
    this.#parts.scheduler.enqueue({
      session: this.#parts.session,
      job,
      final,
      background: this.#core.settings.source === 'recording' ? 'recording' : undefined,
      takeSpan: () => this.#takeSpan(job),
      onAnswer: (answer) => {
        if (answer.kind === 'hypothesis') this.#feed({ kind: 'hypothesis', job, hypothesis: answer.hypothesis });
        else this.#feed({ kind: 'undecoded', job, reason: answer.kind });
      },
    });
  }

  /** The decode scheduler calls this when a slot is free, perhaps on behalf of another session. */
  #takeSpan(job: number): DecodeSpan | undefined {
    try {
      return this.#core.take(job);
    } catch (error) {
      this.#callbacks.onError(error);
      return undefined;
    }
  }

  #measureDelay(event: EventBody): void {
    const { meter, clock } = this.#parts;
    if (event.type === 'revised') meter.revised();
    if (event.type !== 'partial' && event.type !== 'final') return;
    if (event.type === 'final') meter.finished();
    const cameMs = this.#arrivals.findArrivalMs(event.toMs);
    if (cameMs !== undefined) meter.delay(event.type, clock.nowMs() - cameMs);
  }

  #updateThrottle(): void {
    const seconds = this.#core.undecodedSamples / SAMPLE_RATE;
    const isPaused = this.#isPaused ? seconds > RESUME_AT_SECONDS : seconds > PAUSE_AT_SECONDS;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    // A client that is not being read cannot go on speaking; its silence means nothing.
    this.#silenceTimer?.[Symbol.dispose]();
    if (!isPaused && this.#silenceTimer !== undefined) this.#restartSilenceTimer();
    this.#callbacks.onThrottle();
  }

  #acknowledge(isForced: boolean): void {
    const receivedSamples = this.#core.receivedSamples;
    if (receivedSamples === this.#acked || (!isForced && receivedSamples - this.#acked < ACK_INTERVAL_SAMPLES)) return;
    this.#acked = receivedSamples;
    this.#callbacks.onEvents([{ type: 'ack', ...this.position }]);
  }

  /** Once per session is enough: a microphone that clips does so all the time. */
  #warnAboutAudio(invalid: number, clipped: number, samples: number): void {
    if (invalid > 0 && !this.#warned.invalid) {
      this.#warned.invalid = true;
      this.#sendNotice('audio.invalid', 'Some samples are not numbers; they are taken as silence.');
    }
    if (clipped > samples * 0.02 && clipped > 20 && !this.#warned.clipped) {
      this.#warned.clipped = true;
      this.#sendNotice('audio.clipped', 'The audio is clipped; turn the microphone down.');
    }
  }

  #sendNotice(code: 'audio.invalid' | 'audio.clipped', text: string): void {
    this.#callbacks.onEvents([{ type: 'notice', code, text }]);
  }
}

function concatSamples(head: Float32Array, tail: Float32Array | undefined): Float32Array {
  if (tail === undefined) return head;
  const whole = new Float32Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

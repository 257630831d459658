import { type Command, type EventBody, FAULTS, Fault, type Start, validateMessage } from '../../protocol/index.ts';
import type { ServiceLevel } from '../core/schedule/load-shedder.ts';
import { findFirstModel, type OfferedModel, validateChange } from '../core/session/resolve-settings.ts';
import type { ClientIdentity } from '../ports/authenticator.ts';
import { type ClientChannel, type ConnectedClient, toFaultEvent } from './client-channel.ts';
import { Driver } from './driver.ts';
import { EventSinks } from './event-sinks.ts';
import { FaultReporter } from './fault-reporter.ts';
import { guardClock } from './guarded-clock.ts';
import { Outbox } from './outbox.ts';
import { ResumeAttempts } from './resume-attempts.ts';
import type { JournalSnapshot } from './session-journal.ts';
import { buildReady, matchesSecret, type RestoredSession, type SessionOrigin } from './session-origin.ts';
import type { SharedSessionParts } from './session-parts.ts';
import type { ResumableSession } from './session-registry.ts';
import { SessionTimeouts } from './session-timeouts.ts';

/** The parts every session of a server is made of. */
export type SessionParts = SharedSessionParts<LiveSession>;

/**
 * One speaker's stream from `start` to `done`: the driver, the numbered events, the timeouts. It outlives its
 * connection: it waits for a new one for the grace time, then finalises what was said. After `done` its events can be
 * fetched for as long, unless the client closed the connection itself.
 */
export class LiveSession implements ResumableSession {
  readonly id: string;
  readonly #secretHash: string;
  readonly #parts: SessionParts;
  #client: ConnectedClient;
  readonly #outbox: Outbox;
  readonly #timeouts: SessionTimeouts;
  readonly #driver: Driver;
  readonly #model: OfferedModel;
  readonly #bytesPerMs: number;
  #channel: ClientChannel | undefined;
  #restored: RestoredSession | undefined;
  readonly #sinks: EventSinks<LiveSession>;
  #commands = 0;
  readonly #attempts = new ResumeAttempts();
  /** The server, not the client, ended the audio. */
  #isEndedByServer = false;
  /** `opening` in the constructor, `open`, `done` while the last events may still be requested, then `ended`. */
  #phase: 'opening' | 'open' | 'done' | 'ended' = 'opening';
  readonly #faults: FaultReporter;
  #graceTimer: Disposable | undefined;

  /**
   * Sends `ready` over `channel`, or restores the state the session had in an earlier process: then call
   * `waitForClient` once it can be found. Throws `auth.denied`, and what a part throws that cannot be opened; then
   * nothing stays open but the place in a transcript, which belongs to the caller.
   */
  constructor(origin: SessionOrigin, channel: ClientChannel | undefined, given: SessionParts, client: ConnectedClient) {
    const canFail = (): boolean => this.#phase === 'open';
    const parts = { ...given, clock: guardClock(given.clock, (bug) => this.fail(bug), canFail) };
    const { clock, resumeGraceMs, scheduler } = parts;
    const { sessionRecord, restored, snapshot } = origin;
    this.id = sessionRecord.session;
    this.#secretHash = sessionRecord.secretHash;
    this.#parts = parts;
    this.#client = client;
    this.#model = origin.model;
    this.#bytesPerMs = origin.bytesPerMs;
    this.#restored = restored;
    this.#commands = snapshot?.commands ?? 0;
    this.#isEndedByServer = snapshot?.ending ?? false;
    this.#faults = new FaultReporter({
      ...{ session: this.id, log: parts.log, meter: parts.meter },
      sendFault: (fault, fatal) => this.#send({ ...toFaultEvent(fault), fatal }),
      onSlowClient: () => this.#disconnectSlowClient(),
      endSession: (status, reason) => this.#endWith(status, reason),
    });
    const opened: (() => void)[] = [];
    try {
      this.#driver = this.#createDriver(origin);
      opened.push(() => this.#driver.close());
      this.#timeouts = new SessionTimeouts(clock, (fault) => this.#onTimeout(fault));
      opened.push(() => this.#timeouts.close());
      this.#timeouts.start();
      scheduler.addSession(this.id);
      this.#sinks = new EventSinks(origin, parts);
      opened.push(() => this.#sinks.rollBack());
      this.#outbox = new Outbox(
        resumeGraceMs > 0 ? 'replay' : 'nothing',
        (events) => this.#sinks.write(events, this.#snapshot, () => this.#outbox.replayable),
        restored?.events,
      );
      if (channel !== undefined) this.#start(channel, origin);
      this.#sinks.enterRoom();
      this.#phase = 'open';
    } catch (error) {
      this.#phase = 'ended';
      this.#channel = undefined;
      this.#faults.runEach(opened.reverse());
      throw error;
    }
    this.#sinks.onRecordingProblem((text) => this.#reportNotKept(text));
  }

  #start(channel: ClientChannel, origin: SessionOrigin): void {
    const { secret, settings } = origin;
    this.#channel = channel;
    this.#outbox.attach(channel);
    const model = { ...origin.model, model: this.#findFirstModel(origin) };
    this.#send(buildReady(this.#sinks.sessionRecord, secret, { ...this.#parts, model, language: settings.language }));
    for (const text of this.#sinks.refusals) this.#reportNotKept(text);
    const { serviceLevel } = this.#parts.scheduler;
    if (serviceLevel.step !== 'none') this.#driver.setServiceLevel(serviceLevel);
  }

  /** Continues where it stood in an earlier process, and waits for its client for the grace time. */
  waitForClient(graceMs = this.#parts.resumeGraceMs): void {
    const journalled = this.#restored!;
    this.#restored = undefined;
    this.#sinks.restore(journalled);
    this.#timeouts.stopIdleTimer();
    if (journalled.snapshot.driver.core.state === 'closed') return this.#onDone();
    this.#driver.replay(journalled.audio);
    this.#graceTimer = this.#parts.clock.setTimer(graceMs, () => this.#finishFromServer());
  }

  #findFirstModel({ settings }: SessionOrigin): string {
    return findFirstModel(settings, this.#parts.offer, this.#parts.scheduler.serviceLevel);
  }

  #createDriver(origin: SessionOrigin): Driver {
    const { sessionRecord, settings, snapshot } = origin;
    const { pipeline: shared } = this.#parts;
    const pipeline = { ...shared, models: { ...shared.models, announced: this.#findFirstModel(origin) } };
    return new Driver(
      {
        ...{ format: sessionRecord.audio, settings, pipeline },
        ...{ snapshot: snapshot?.driver, isFinished: snapshot?.finished },
      },
      { ...this.#parts, session: this.id },
      {
        onEvents: (events) => this.#send(...events),
        getRequestedLanguages: () => this.#sinks.languages,
        onAudio: (bytes) => this.#sinks.addAudio(bytes),
        onClosed: () => this.#onDone(),
        onThrottle: () => this.#pauseOrResume(),
        onError: (error) => this.fail(error),
      },
    );
  }

  #reportNotKept(text: string): void {
    this.#send({ type: 'notice', code: 'keep.skipped', text });
  }

  get #snapshot(): JournalSnapshot {
    return {
      driver: this.#driver.snapshot,
      commands: this.#commands,
      finished: this.#driver.isFinished,
      ending: this.#isEndedByServer,
    };
  }

  get isCaughtUp(): boolean {
    return this.#phase !== 'open' || this.#driver.isCaughtUp;
  }

  get key(): string {
    return this.#client.identity.key;
  }

  get identity(): ClientIdentity {
    return this.#client.identity;
  }

  get address(): string {
    return this.#client.address;
  }

  /** Whether `secret` is the one from its `ready`. */
  acceptsSecret(secret: string): boolean {
    return this.#phase !== 'ended' && matchesSecret(this.#secretHash, secret);
  }

  /** Continues over a new connection; the old one, if it is still there, is closed. Throws `session.unknown`. */
  resume(resume: NonNullable<Start['resume']>, channel: ClientChannel, identity: ClientIdentity): void {
    const isKnown = this.acceptsSecret(resume.secret) && identity.key === this.key;
    if (!isKnown || !this.#outbox.canReplay(resume.seq)) throw new Fault('session.unknown', { session: this.id });
    if (!this.#attempts.accept(resume.attempt)) throw new Fault('session.moved', { session: this.id });
    this.#client = { ...this.#client, identity };
    const previous = this.#channel;
    this.#detach();
    previous?.close(FAULTS['session.moved'].close, 'session.moved');
    this.#graceTimer?.[Symbol.dispose]();
    this.#channel = channel;
    try {
      this.#replayTo(channel, resume.seq);
    } catch (error) {
      // A connection that fails at once counts as lost; the client may still come back over another.
      this.disconnect(channel, 'lost');
      throw error;
    }
  }

  #replayTo(channel: ClientChannel, seq: number): void {
    channel.send({ type: 'resumed', seq, session: this.id, ...this.#driver.position, commands: this.#commands });
    this.#outbox.attach(channel);
    this.#outbox.replay(seq);
    if (this.#phase === 'done') return this.#closeAfterDone(channel);
    if (this.#driver.isPaused) channel.pause();
    else if (!this.#driver.isFinished) this.#timeouts.restartIdleTimer();
  }

  /** The connection is gone. `closed`: the client closed it properly and will not come back. */
  disconnect(channel: ClientChannel, how: 'closed' | 'lost'): void {
    if (channel !== this.#channel || this.#phase === 'ended') return;
    const { clock, resumeGraceMs } = this.#parts;
    if (how === 'closed' || resumeGraceMs === 0) return this.#onClientLeft();
    this.#detach();
    if (this.#phase === 'done') return;
    this.#graceTimer = clock.setTimer(resumeGraceMs, () => this.#finishFromServer());
  }

  /** The channel has drained: sends the partials that waited for that. */
  sendWaiting(channel: ClientChannel): void {
    if (channel === this.#channel) this.#send();
  }

  /** Reports a frame that was no valid message. It counts as a command, whatever it was meant to be. */
  rejectFrame(error: unknown): void {
    this.#commands++;
    this.#timeouts.restartIdleTimer();
    this.fail(error);
  }

  execute(command: Exclude<Command, { type: 'start' }>): void {
    if (this.#phase !== 'open') return;
    if (!this.#driver.isFinished && !this.#driver.isPaused) this.#timeouts.restartIdleTimer();
    if (command.type !== 'audio' && command.type !== 'keepalive') this.#commands++;
    try {
      this.#execute(command);
    } catch (error) {
      this.fail(error);
    }
  }

  setServiceLevel(serviceLevel: ServiceLevel): void {
    this.#driver.setServiceLevel(serviceLevel);
  }

  drain(): void {
    if (this.#phase !== 'open') return;
    this.#send({ ...toFaultEvent(new Fault('server.draining', {})), fatal: false });
    this.#finishFromServer();
  }

  /** Its journal stays: the next process continues it. */
  destroy(): void {
    this.#sinks.suspend();
    this.#endWith(1012, 'draining');
  }

  expire(): void {
    this.#end();
  }

  /** Never throws, except while the session is opening. */
  fail(error: unknown): void {
    if (this.#phase === 'opening') throw error;
    if (this.#phase === 'open') this.#faults.report(error);
  }

  #execute(command: Exclude<Command, { type: 'start' }>): void {
    // After `finish` a client has nothing more to send. A late keepalive does no harm, nor do commands that were in
    // flight when the server ended the session.
    if (this.#driver.isFinished) {
      if (this.#isEndedByServer || command.type === 'keepalive') return;
      throw new Fault('command.out-of-order', { got: command.type, want: 'nothing after finish' });
    }
    switch (command.type) {
      case 'audio':
        this.#driver.pushAudio(command.bytes);
        return this.#countAudio(command.bytes.length);
      case 'configure':
        return this.#driver.configure(validateChange(validateMessage(command), this.#model));
      case 'flush':
        return this.#driver.flush(command.id);
      case 'finish':
        return this.#finish();
      case 'keepalive':
        return;
    }
  }

  /** What was sent before the minutes ran out is still finalised. */
  #countAudio(bytes: number): void {
    if (this.#client.identity.countAudio(bytes / this.#bytesPerMs)) return;
    this.#send({ ...toFaultEvent(new Fault('auth.quota', this.#client.identity.quota)), fatal: false });
    this.#finishFromServer();
  }

  #finishFromServer(): void {
    if (this.#driver.isFinished || this.#phase !== 'open') return;
    this.#isEndedByServer = true;
    this.#finish();
  }

  #finish(): void {
    this.#timeouts.stopIdleTimer();
    this.#driver.finish();
  }

  #pauseOrResume(): void {
    if (this.#driver.isPaused) {
      this.#timeouts.stopIdleTimer();
      this.#channel?.pause();
      return;
    }
    this.#channel?.resume();
    if (!this.#driver.isFinished && this.#channel !== undefined) this.#timeouts.restartIdleTimer();
  }

  #send(...events: readonly EventBody[]): void {
    if (this.#phase !== 'open' && this.#phase !== 'opening') return;
    try {
      this.#outbox.send(...events);
    } catch (error) {
      this.fail(error);
    }
  }

  /** A client that does not read may come back, and read then. */
  #disconnectSlowClient(): void {
    const channel = this.#channel;
    if (channel === undefined) return;
    channel.close(FAULTS['client.slow'].close, 'client.slow');
    this.disconnect(channel, channel.lifetime === 'kept' ? 'lost' : 'closed');
  }

  /** Speech so far is not thrown away because the client fell silent. */
  #onTimeout(fault: Fault): void {
    this.#send({ ...toFaultEvent(fault), fatal: false });
    this.#finishFromServer();
  }

  /** `done` is out. It may be lost on its way, so the events stay for the grace time. */
  #onDone(): void {
    this.#outbox.flush();
    if (this.#parts.resumeGraceMs === 0) return this.#endWith(1000, 'done');
    this.#phase = 'done';
    this.#stop();
    this.#parts.registry.retire(this);
    this.#parts.meter.ended(this.#parts.registry.size);
    this.#graceTimer?.[Symbol.dispose]();
    this.#closeAfterDone(this.#channel);
  }

  /** Closes the connection after `done`, and removes the session after a time even if the client never reacts. */
  #closeAfterDone(channel: ClientChannel | undefined): void {
    this.#graceTimer = this.#parts.clock.setTimer(this.#parts.resumeGraceMs, () => this.#end());
    channel?.resume();
    channel?.close(1000, 'done');
  }

  #endWith(status: number, reason: string): void {
    if (this.#phase === 'ended') return;
    const channel = this.#channel;
    this.#faults.runEach([() => this.#outbox.flush(), () => this.#end(), () => channel?.close(status, reason)]);
  }

  /** Nobody waits for its last events except the transcript. */
  #onClientLeft(): void {
    if (!this.#sinks.isRecording || this.#phase !== 'open') return this.#end();
    this.#detach();
    this.#finishFromServer();
  }

  #detach(): void {
    this.#channel = undefined;
    this.#outbox.detach();
    this.#driver.detach();
    this.#timeouts.stopIdleTimer();
  }

  #stop(): void {
    this.#faults.runEach([() => this.#sinks.end(), () => this.#timeouts.close(), () => this.#driver.close()]);
  }

  #end(): void {
    if (this.#phase === 'ended') return;
    const wasOpen = this.#phase === 'open';
    this.#phase = 'ended';
    const { registry, meter } = this.#parts;
    this.#stop();
    this.#graceTimer?.[Symbol.dispose]();
    this.#channel = undefined;
    this.#faults.runEach([() => this.#sinks.discard(), () => registry.removeRetired(this.id)]);
    if (!wasOpen) return;
    registry.remove(this.id);
    meter.ended(registry.size);
  }
}

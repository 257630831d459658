import { randomUUID } from 'node:crypto';
import { type Command, FAULTS, Fault, LIMITS, type ServerEvent, type Start, toFault } from '../../protocol/index.ts';
import { TokenBucket } from '../core/schedule/token-bucket.ts';
import { type ClientChannel, type ConnectedClient, toFaultEvent } from '../flow/client-channel.ts';
import { guardClock } from '../flow/guarded-clock.ts';
import type { LiveSession, SessionParts } from '../flow/live-session.ts';
import { SessionOpening } from '../flow/session-opening.ts';
import type { RegistryEntry } from '../flow/session-registry.ts';
import type { Clock } from '../ports/clock.ts';
import type { AudioDecoder } from '../ports/decoder.ts';
import type { DialectSession, FrameResult, WireFrame } from '../ports/dialect.ts';
import type { Connection, ConnectionHandler } from '../ports/transport.ts';
import { DecodedIntake } from './decoded-intake.ts';

/** Close statuses of a client that leaves on purpose. Any other end of a connection is an accident. */
const NORMAL_CLOSE_STATUSES: readonly number[] = [1000, 1001, 1005];
/** A page was left, reloaded or has crashed. A client that asked for its words to be kept may be back in a moment. */
const GOING_AWAY = 1001;

export interface SessionConnectionOptions {
  readonly parts: SessionParts;
  readonly client: ConnectedClient;
  /** The session this connection was admitted for even if the server is full. It can resume no other, and start none. */
  readonly resumes?: string | undefined;
  /** For clients that send compressed audio. */
  readonly decoder?: AudioDecoder | undefined;
}

/** One client connection. Opens or resumes a session, passes it the client's commands, and sends its events to the client. */
export class SessionConnection implements ConnectionHandler, RegistryEntry {
  readonly id = randomUUID();
  readonly #connection: Connection;
  readonly #dialect: DialectSession;
  readonly #parts: SessionParts;
  readonly #client: ConnectedClient;
  readonly #resumes: string | undefined;
  /** A timer that throws ends this connection, not the session, which the client may resume. */
  readonly #clock: Clock;
  #openTimer: Disposable;
  readonly #frameBucket = new TokenBucket(LIMITS.framesPerSecondMax, LIMITS.framesPerSecondMax * 2);
  readonly #commandBucket = new TokenBucket(LIMITS.commandsPerSecondMax, LIMITS.commandsPerSecondMax * 4);
  /** Reasons why the client is not being read. */
  readonly #pauses = new Set<'session' | 'opening' | 'rate' | 'decoder'>();
  readonly #intake: DecodedIntake | undefined;
  readonly #channel: ClientChannel;
  #rateTimer: Disposable | undefined;
  #aliveTimer: Disposable | undefined;
  /** Number of the last event that was sent, and the time when it was sent. */
  #seq = 0;
  #lastSentMs = 0;
  #session: LiveSession | undefined;
  /**
   * What was received while the session waits for its place in a transcript. The client is not read meanwhile, so this holds no
   * more than was already on its way.
   */
  #pending: (() => void)[] | undefined;
  /** How the connection ended, once it has. */
  #ending: 'closed' | 'lost' | undefined;
  /** Whether the client asked for its words to be kept. */
  #isKept = false;
  #hasEnded = false;

  constructor(connection: Connection, dialect: DialectSession, options: SessionConnectionOptions) {
    const { parts, client, resumes } = options;
    this.#connection = connection;
    this.#dialect = dialect;
    this.#parts = parts;
    this.#client = client;
    this.#resumes = resumes;
    this.#clock = guardClock(parts.clock, (error) => connection.fail(error));
    this.#channel = {
      lifetime: dialect.lifetime,
      queuedBytes: () => connection.queuedBytes,
      send: (event) => this.#send(event),
      pause: () => this.#setPaused('session', true),
      resume: () => this.#setPaused('session', false),
      close: (status, reason) => this.#closeWith(status, reason),
    };
    this.#openTimer = this.#startOpenTimer();
    if (resumes === undefined) {
      parts.registry.add(this);
      parts.meter.opened(parts.registry.size);
    }
    this.#intake = this.#openIntake(options.decoder);
    try {
      this.#handleResult(dialect.greet());
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** A client whose audio is being decoded is not late: the machine is slow, not the client. */
  #startOpenTimer(): Disposable {
    return this.#clock.setTimer(LIMITS.openTimeoutMs, () => {
      if (this.#intake?.isBusy !== true)
        return this.#refuse(new Fault('session.unopened', { seconds: LIMITS.openTimeoutMs / 1000 }));
      this.#openTimer = this.#startOpenTimer();
    });
  }

  get key(): string {
    return this.#client.identity.key;
  }

  get address(): string {
    return this.#client.address;
  }

  message(frame: string | Uint8Array): void {
    if (this.#hasEnded) return;
    this.#charge(this.#frameBucket, 1);
    let reading: FrameResult;
    try {
      reading = this.#dialect.read(frame);
    } catch (error) {
      this.#charge(this.#commandBucket, 1);
      this.#rejectFrame(error);
      return;
    }
    this.#handleResult(reading);
  }

  drained(): void {
    if (!this.#hasEnded) this.#session?.sendWaiting(this.#channel);
  }

  close(status: number): void {
    if (this.#hasEnded && this.#session === undefined) return;
    const isNormalClose = NORMAL_CLOSE_STATUSES.includes(status) && !(this.#isKept && status === GOING_AWAY);
    this.#ending = this.#channel.lifetime === 'connection' || isNormalClose ? 'closed' : 'lost';
    this.#end();
    this.#session?.disconnect(this.#channel, this.#ending);
  }

  setServiceLevel(): void {}

  drain(): void {
    this.#refuse(new Fault('server.draining', {}));
  }

  destroy(): void {
    this.#closeWith(1012, 'draining');
  }

  #handleResult({ replies, commands }: FrameResult): void {
    this.#sendAll(replies);
    const bytes = this.#connection.queuedBytes;
    // A client that asks and never reads would fill the memory.
    if (replies.length > 0 && bytes > LIMITS.outboxBytesMax)
      return this.#failClient(new Fault('client.slow', { bytes, limit: LIMITS.outboxBytesMax }));
    for (const command of commands) {
      if (this.#hasEnded) return;
      if (command.type !== 'audio') this.#charge(this.#commandBucket, 1);
      if (this.#intake === undefined) this.#execute(command);
      else this.#intake.put(command);
    }
  }

  #execute(command: Command): void {
    if (this.#hasEnded) return;
    this.#forward(command);
  }

  #rejectFrame(error: unknown): void {
    if (this.#pending !== undefined) this.#pending.push(() => this.#rejectFrame(error));
    else if (this.#session === undefined) this.#refuse(error);
    else this.#session.rejectFrame(error);
  }

  #forward(command: Command): void {
    if (this.#pending !== undefined) this.#pending.push(() => this.#forward(command));
    else if (this.#session === undefined) this.#open(command);
    else if (command.type === 'start')
      this.#session.fail(new Fault('command.out-of-order', { got: 'a second start', want: 'audio' }));
    else this.#session.execute(command);
  }

  #openIntake(decoder: AudioDecoder | undefined): DecodedIntake | undefined {
    const { encoded } = this.#dialect;
    if (encoded === undefined || decoder === undefined) return undefined;
    return new DecodedIntake(decoder, encoded, {
      command: (command) => this.#execute(command),
      failed: (error) => this.#failClient(error),
      stop: () => this.#addPause('decoder'),
      go: () => this.#removePause('decoder'),
    });
  }

  /** Ends the session, or the connection that has none yet. It may be called outside of the transport's calls. */
  #failClient(error: unknown): void {
    try {
      if (this.#session === undefined) this.#refuse(error);
      else this.#session.fail(error);
    } catch (bug) {
      this.#connection.fail(bug);
    }
  }

  /** Pauses or resumes the client, and what is being decoded for it. */
  #setPaused(why: 'session' | 'opening', behind: boolean): void {
    if (behind) this.#addPause(why);
    else this.#removePause(why);
    this.#intake?.hold(this.#pauses.has('session') || this.#pauses.has('opening'));
  }

  /** A client that sends too fast is not read for a while: nothing is lost, and no other client has to wait. */
  #charge(bucket: TokenBucket, count: number): void {
    const restMs = Math.min(LIMITS.restMsMax, bucket.spend(count, this.#clock.nowMs()));
    if (restMs === 0) return;
    this.#addPause('rate');
    this.#rateTimer?.[Symbol.dispose]();
    this.#rateTimer = this.#clock.setTimer(restMs, () => this.#removePause('rate'));
  }

  #addPause(why: 'session' | 'opening' | 'rate' | 'decoder'): void {
    if (this.#pauses.size === 0 && !this.#hasEnded) this.#connection.pause();
    this.#pauses.add(why);
  }

  #removePause(why: 'session' | 'opening' | 'rate' | 'decoder'): void {
    if (this.#pauses.delete(why) && this.#pauses.size === 0) this.#connection.resume();
  }

  /** A client cannot tell a silent server from a dead connection, so the server is never silent for long. */
  #scheduleAlive(): void {
    if (this.#channel.lifetime !== 'kept' || this.#hasEnded) return;
    const clock = this.#clock;
    this.#aliveTimer = clock.setTimer(this.#lastSentMs + LIMITS.aliveEveryMs - clock.nowMs(), () => {
      if (clock.nowMs() - this.#lastSentMs >= LIMITS.aliveEveryMs) this.#sendAlive();
      this.#scheduleAlive();
    });
  }

  /** Sends `alive`, unless the client has yet to read what was sent before. */
  #sendAlive(): void {
    if (this.#connection.queuedBytes === 0) this.#send({ type: 'alive', seq: this.#seq });
    else this.#lastSentMs = this.#clock.nowMs();
  }

  #open(command: Command): void {
    try {
      if (command.type !== 'start') throw new Fault('command.out-of-order', { got: command.type, want: 'start' });
      this.#isKept = command.keep !== undefined;
      if (command.resume !== undefined) this.#resume(command.resume);
      else if (this.#resumes !== undefined) throw new Fault('session.unknown', { session: this.#resumes });
      else this.#start(command);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #start(start: Start): void {
    const { journals, rooms } = this.#parts;
    const isKept = this.#dialect.lifetime === 'kept';
    const parts = {
      ...this.#parts,
      // A client that cannot resume needs no journal; one that does not learn its session's id needs no room of that name.
      journals: isKept ? journals : undefined,
      rooms: isKept || start.room !== undefined ? rooms : undefined,
    };
    // The protocols of compatible endpoints have no message for a sentence that was heard again.
    const opening = new SessionOpening(isKept ? start : { revise: false, ...start }, parts, this.#client);
    this.#openTimer[Symbol.dispose]();
    if (opening.ready === undefined) {
      this.#attachSession(opening.open(this.#channel));
      // The connection may have ended while `ready` was sent.
      if (this.#hasEnded) this.#session?.disconnect(this.#channel, 'closed');
      return;
    }
    this.#pending = [];
    this.#setPaused('opening', true);
    opening.ready
      .then(
        () => this.#openPending(opening),
        (error) => this.#handleOpenError(error),
      )
      .catch((bug) => this.#connection.fail(bug));
  }

  /** The client may have left meanwhile, but the session still gets what it sent. */
  #openPending(opening: SessionOpening): void {
    const early = this.#pending ?? [];
    this.#pending = undefined;
    if (this.#hasEnded && this.#ending === undefined) {
      opening.cancel();
      return this.#releasePlace();
    }
    try {
      this.#attachSession(opening.open(this.#channel));
    } catch (error) {
      return this.#handleOpenError(error);
    }
    for (const act of early) act();
    this.#setPaused('opening', false);
    if (this.#ending !== undefined) this.#session?.disconnect(this.#channel, this.#ending);
  }

  #handleOpenError(error: unknown): void {
    this.#pending = undefined;
    if (this.#hasEnded) this.#releasePlace();
    else this.#refuse(error);
  }

  #attachSession(session: LiveSession): void {
    this.#session = session;
    this.#scheduleAlive();
    this.#parts.registry.open(session, this);
  }

  #resume(resume: NonNullable<Start['resume']>): void {
    const { registry } = this.#parts;
    const session = registry.find(resume.session);
    if (registry.isExpected(resume.session)) throw new Fault('session.waiting', { session: resume.session });
    if (session === undefined || (this.#resumes !== undefined && this.#resumes !== resume.session))
      throw new Fault('session.unknown', { session: resume.session });
    session.resume(resume, this.#channel, this.#client.identity);
    this.#openTimer[Symbol.dispose]();
    this.#session = session;
    this.#scheduleAlive();
    this.#parts.registry.remove(this.id);
  }

  /** Ends a connection that never got a session. */
  #refuse(error: unknown): void {
    if (this.#hasEnded) return;
    const fault = toFault(error);
    const { log, meter } = this.#parts;
    meter.fault(fault.code);
    if (fault.code === 'server.bug') log.error({ connection: this.id, err: error }, 'a bug ended a connection');
    else log.info({ connection: this.id, code: fault.code }, 'a fault');
    try {
      this.#send({ ...toFaultEvent(fault), seq: 1 });
      this.#closeWith(FAULTS[fault.code].close, fault.code);
    } catch (cause) {
      this.#abort(cause);
    }
  }

  /** Ends the connection without sending anything more: sending is what failed. */
  #abort(error: unknown): void {
    this.#end();
    this.#connection.fail(error);
  }

  #send(event: ServerEvent): void {
    if (this.#hasEnded) return;
    this.#seq = event.seq;
    this.#lastSentMs = this.#clock.nowMs();
    try {
      this.#sendAll(this.#dialect.write(event));
    } catch (error) {
      // Not the session's fault: its events can still be read over another connection.
      this.#abort(error);
    }
  }

  #sendAll(frames: readonly WireFrame[]): void {
    for (const frame of frames) this.#connection.send(frame);
  }

  #closeWith(status: number, reason: string): void {
    if (this.#hasEnded) return;
    try {
      const last = this.#dialect.end(status, reason);
      this.#sendAll(last.frames);
      this.#connection.close(last.status, last.reason);
      this.#end();
    } catch (error) {
      this.#abort(error);
    }
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#intake?.close();
    for (const timer of [this.#openTimer, this.#rateTimer, this.#aliveTimer]) timer?.[Symbol.dispose]();
    if (this.#session === undefined && this.#pending === undefined) this.#releasePlace();
  }

  #releasePlace(): void {
    if (this.#resumes !== undefined) return;
    this.#parts.registry.remove(this.id);
    this.#parts.meter.ended(this.#parts.registry.size);
  }
}

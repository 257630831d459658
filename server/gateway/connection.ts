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

/** Close statuses of a client that leaves on purpose; whatever else ends a connection is an accident. */
const GOODBYES: readonly number[] = [1000, 1001, 1005];
/** A page that was left, loaded anew or has crashed: whoever asked for its words to be kept may be back in a moment. */
const GOING_AWAY = 1001;

export interface SessionConnectionOptions {
  readonly parts: SessionParts;
  readonly visitor: ConnectedClient;
  /** The session this connection was let in for though the server may be full; it can resume no other, and start none. */
  readonly resumes?: string | undefined;
  /** For clients that send compressed audio. */
  readonly decoder?: AudioDecoder | undefined;
}

/** One connection: frames in, commands to its session; events of the session out. Opens a session, or resumes one. */
export class SessionConnection implements ConnectionHandler, RegistryEntry {
  readonly id = randomUUID();
  readonly #connection: Connection;
  readonly #dialect: DialectSession;
  readonly #parts: SessionParts;
  readonly #visitor: ConnectedClient;
  readonly #resumes: string | undefined;
  /** A timer of this connection that throws ends it, and not the session, which its client may resume. */
  readonly #clock: Clock;
  #opening: Disposable;
  readonly #frames = new TokenBucket(LIMITS.framesPerSecondMax, LIMITS.framesPerSecondMax * 2);
  readonly #commands = new TokenBucket(LIMITS.commandsPerSecondMax, LIMITS.commandsPerSecondMax * 4);
  /** Why the client is not read. */
  readonly #stops = new Set<'session' | 'opening' | 'rate' | 'decoder'>();
  readonly #intake: DecodedIntake | undefined;
  readonly #line: ClientChannel;
  #rest: Disposable | undefined;
  #alive: Disposable | undefined;
  /** Number of the newest event that was sent, and when that was. */
  #seq = 0;
  #spokeMs = 0;
  #session: LiveSession | undefined;
  /**
   * What came while the session's place in a transcript is looked for. The client is not read meanwhile, so it is no more
   * than was under way.
   */
  #early: (() => void)[] | undefined;
  /** How the client left, once it has. */
  #left: 'closed' | 'lost' | undefined;
  /** The client asked for its words to be kept. */
  #keeps = false;
  #ended = false;

  constructor(connection: Connection, dialect: DialectSession, options: SessionConnectionOptions) {
    const { parts, visitor, resumes } = options;
    this.#connection = connection;
    this.#dialect = dialect;
    this.#parts = parts;
    this.#visitor = visitor;
    this.#resumes = resumes;
    this.#clock = guardClock(parts.clock, (error) => connection.fail(error));
    this.#line = {
      lifetime: dialect.lifetime,
      queuedBytes: () => connection.queuedBytes,
      send: (event) => this.#send(event),
      pause: () => this.#hold('session', true),
      resume: () => this.#hold('session', false),
      close: (status, reason) => this.#goodbye(status, reason),
    };
    this.#opening = this.#awaitOpening();
    if (resumes === undefined) {
      parts.registry.add(this);
      parts.meter.opened(parts.registry.size);
    }
    this.#intake = this.#intakeOf(options.decoder);
    try {
      this.#perform(dialect.greet());
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** A client whose audio is being decoded has said what it wants: the machine is slow, not the client. */
  #awaitOpening(): Disposable {
    return this.#clock.setTimer(LIMITS.openTimeoutMs, () => {
      if (this.#intake?.isBusy !== true)
        return this.#refuse(new Fault('session.unopened', { seconds: LIMITS.openTimeoutMs / 1000 }));
      this.#opening = this.#awaitOpening();
    });
  }

  get key(): string {
    return this.#visitor.identity.key;
  }

  get address(): string {
    return this.#visitor.address;
  }

  message(frame: string | Uint8Array): void {
    if (this.#ended) return;
    this.#spend(this.#frames, 1);
    let reading: FrameResult;
    try {
      reading = this.#dialect.read(frame);
    } catch (error) {
      this.#spend(this.#commands, 1);
      this.#unreadable(error);
      return;
    }
    this.#perform(reading);
  }

  close(status: number): void {
    if (this.#ended && this.#session === undefined) return;
    const isGoodbye = GOODBYES.includes(status) && !(this.#keeps && status === GOING_AWAY);
    this.#left = this.#line.lifetime === 'connection' || isGoodbye ? 'closed' : 'lost';
    this.#end();
    this.#session?.disconnect(this.#line, this.#left);
  }

  setServiceLevel(): void {}

  drain(): void {
    this.#refuse(new Fault('server.draining', {}));
  }

  destroy(): void {
    this.#goodbye(1012, 'draining');
  }

  #perform({ replies, commands }: FrameResult): void {
    this.#sendAll(replies);
    for (const command of commands) {
      if (this.#ended) return;
      if (command.type !== 'audio') this.#spend(this.#commands, 1);
      if (this.#intake === undefined) this.#do(command);
      else this.#intake.put(command);
    }
  }

  #do(command: Command): void {
    if (this.#ended) return;
    this.#obey(command);
  }

  #unreadable(error: unknown): void {
    if (this.#early !== undefined) this.#early.push(() => this.#unreadable(error));
    else if (this.#session === undefined) this.#refuse(error);
    else this.#session.rejectFrame(error);
  }

  #obey(command: Command): void {
    if (this.#early !== undefined) this.#early.push(() => this.#obey(command));
    else if (this.#session === undefined) this.#open(command);
    else if (command.type === 'start')
      this.#session.fail(new Fault('command.out-of-order', { got: 'a second start', want: 'audio' }));
    else this.#session.execute(command);
  }

  #intakeOf(decoder: AudioDecoder | undefined): DecodedIntake | undefined {
    const { encoded } = this.#dialect;
    if (encoded === undefined || decoder === undefined) return undefined;
    return new DecodedIntake(decoder, encoded, {
      command: (command) => this.#do(command),
      failed: (error) => this.#undecoded(error),
      stop: () => this.#stop('decoder'),
      go: () => this.#go('decoder'),
    });
  }

  /** Comes from a promise of the decoder, outside of the transport's calls. */
  #undecoded(error: unknown): void {
    try {
      if (this.#session === undefined) this.#refuse(error);
      else this.#session.fail(error);
    } catch (bug) {
      this.#connection.fail(bug);
    }
  }

  /** What is decoded waits, too, while the session is behind. */
  #hold(why: 'session' | 'opening', behind: boolean): void {
    if (behind) this.#stop(why);
    else this.#go(why);
    this.#intake?.hold(this.#stops.has('session') || this.#stops.has('opening'));
  }

  /** Who sends too fast is not read for a while: nothing is lost, and nobody else has to wait. */
  #spend(allowance: TokenBucket, count: number): void {
    const restMs = Math.min(LIMITS.restMsMax, allowance.spend(count, this.#clock.nowMs()));
    if (restMs === 0) return;
    this.#stop('rate');
    this.#rest?.[Symbol.dispose]();
    this.#rest = this.#clock.setTimer(restMs, () => this.#go('rate'));
  }

  #stop(why: 'session' | 'opening' | 'rate' | 'decoder'): void {
    if (this.#stops.size === 0 && !this.#ended) this.#connection.pause();
    this.#stops.add(why);
  }

  #go(why: 'session' | 'opening' | 'rate' | 'decoder'): void {
    if (this.#stops.delete(why) && this.#stops.size === 0) this.#connection.resume();
  }

  /** A client cannot tell a silent server from a dead line, so the server is never silent for long. */
  #stayAlive(): void {
    if (this.#line.lifetime !== 'kept' || this.#ended) return;
    const clock = this.#clock;
    this.#alive = clock.setTimer(this.#spokeMs + LIMITS.aliveEveryMs - clock.nowMs(), () => {
      if (clock.nowMs() - this.#spokeMs >= LIMITS.aliveEveryMs) this.#speakUp();
      this.#stayAlive();
    });
  }

  /** To a client that has not read the last yet nothing more has to be said. */
  #speakUp(): void {
    if (this.#connection.queuedBytes === 0) this.#send({ type: 'alive', seq: this.#seq });
    else this.#spokeMs = this.#clock.nowMs();
  }

  #open(command: Command): void {
    try {
      if (command.type !== 'start') throw new Fault('command.out-of-order', { got: command.type, want: 'start' });
      this.#keeps = command.keep !== undefined;
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
      // A client that cannot come back has no use for a journal, and one that is not told its session's id none for a
      // room of that name.
      journals: isKept ? journals : undefined,
      rooms: isKept || start.room !== undefined ? rooms : undefined,
    };
    const opening = new SessionOpening(start, parts, this.#visitor);
    this.#opening[Symbol.dispose]();
    if (opening.ready === undefined) {
      this.#opened(opening.open(this.#line));
      // The transport may have found the connection gone while `ready` was sent.
      if (this.#ended) this.#session?.disconnect(this.#line, 'closed');
      return;
    }
    this.#early = [];
    this.#hold('opening', true);
    opening.ready
      .then(
        () => this.#openEarly(opening),
        (error) => this.#notOpened(error),
      )
      .catch((bug) => this.#connection.fail(bug));
  }

  /** Its client may have left meanwhile, but what it said is heard. */
  #openEarly(opening: SessionOpening): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    if (this.#ended && this.#left === undefined) {
      opening.cancel();
      return this.#leavePlace();
    }
    try {
      this.#opened(opening.open(this.#line));
    } catch (error) {
      return this.#notOpened(error);
    }
    for (const act of early) act();
    this.#hold('opening', false);
    if (this.#left !== undefined) this.#session?.disconnect(this.#line, this.#left);
  }

  #notOpened(error: unknown): void {
    this.#early = undefined;
    if (this.#ended) this.#leavePlace();
    else this.#refuse(error);
  }

  #opened(session: LiveSession): void {
    this.#session = session;
    this.#stayAlive();
    this.#parts.registry.open(session, this);
  }

  #resume(resume: NonNullable<Start['resume']>): void {
    const { registry } = this.#parts;
    const session = registry.find(resume.session);
    if (registry.isExpected(resume.session)) throw new Fault('session.waiting', { session: resume.session });
    if (session === undefined || (this.#resumes !== undefined && this.#resumes !== resume.session))
      throw new Fault('session.unknown', { session: resume.session });
    session.resume(resume, this.#line, this.#visitor.identity);
    this.#opening[Symbol.dispose]();
    this.#session = session;
    this.#stayAlive();
    this.#parts.registry.remove(this.id);
  }

  /** No session came of it. */
  #refuse(error: unknown): void {
    if (this.#ended) return;
    const fault = toFault(error);
    const { log, meter } = this.#parts;
    meter.fault(fault.code);
    if (fault.code === 'server.bug') log.error({ connection: this.id, err: error }, 'a bug ended a connection');
    else log.info({ connection: this.id, code: fault.code }, 'a fault');
    try {
      this.#send({ ...toFaultEvent(fault), seq: 1 });
      this.#goodbye(FAULTS[fault.code].close, fault.code);
    } catch (cause) {
      this.#abort(cause);
    }
  }

  /** What cannot be told is no reason for another refusal: nothing more is said. */
  #abort(error: unknown): void {
    this.#end();
    this.#connection.fail(error);
  }

  #send(event: ServerEvent): void {
    if (this.#ended) return;
    this.#seq = event.seq;
    this.#spokeMs = this.#clock.nowMs();
    try {
      this.#sendAll(this.#dialect.write(event));
    } catch (error) {
      // The session called, and is not to blame: what it says can be read over another connection.
      this.#abort(error);
    }
  }

  #sendAll(frames: readonly WireFrame[]): void {
    for (const frame of frames) this.#connection.send(frame);
  }

  #goodbye(status: number, reason: string): void {
    if (this.#ended) return;
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
    if (this.#ended) return;
    this.#ended = true;
    this.#intake?.close();
    for (const timer of [this.#opening, this.#rest, this.#alive]) timer?.[Symbol.dispose]();
    if (this.#session === undefined && this.#early === undefined) this.#leavePlace();
  }

  #leavePlace(): void {
    if (this.#resumes !== undefined) return;
    this.#parts.registry.remove(this.id);
    this.#parts.meter.ended(this.#parts.registry.size);
  }
}

import { type Command, type EventBody, FAULTS, Fault, type Start, validateMessage } from '../../protocol/index.ts';
import type { ServiceLevel } from '../core/schedule/load-shedder.ts';
import { type OfferedModel, validateChange } from '../core/session/resolve-settings.ts';
import type { ClientIdentity } from '../ports/authenticator.ts';
import { type ClientChannel, type ConnectedClient, toFaultEvent } from './client-channel.ts';
import { DrainTimer } from './drain-timer.ts';
import { Driver } from './driver.ts';
import { EventSinks } from './event-sinks.ts';
import { FaultReporter } from './fault-reporter.ts';
import { guardClock } from './guarded-clock.ts';
import { Outbox } from './outbox.ts';
import { ResumeAttempts } from './resume-attempts.ts';
import type { JournalSnapshot } from './session-journal.ts';
import { buildReady, matchesSecret, type RestoredSession, type SessionOrigin } from './session-origin.ts';
import type { SessionParts as Parts } from './session-parts.ts';
import type { ResumableSession } from './session-registry.ts';
import { SessionTimeouts } from './session-timeouts.ts';

/** What every session of a server is made of. */
export type SessionParts = Parts<LiveSession>;

/**
 * One speaker's stream from `start` to `done`: the driver, the numbered events, the watchdog. It outlives its connection:
 * for the grace time it waits for a new one, then finalises what was said. After `done` its events can be fetched for as
 * long, unless the client has said goodbye.
 */
export class LiveSession implements ResumableSession {
  readonly id: string;
  readonly #secretHash: string;
  readonly #parts: SessionParts;
  #visitor: ConnectedClient;
  readonly #outbox: Outbox;
  readonly #watchdog: SessionTimeouts;
  readonly #driver: Driver;
  readonly #model: OfferedModel;
  readonly #bytesPerMs: number;
  #line: ClientChannel | undefined;
  #restored: RestoredSession | undefined;
  readonly #witnesses: EventSinks<LiveSession>;
  #commands = 0;
  readonly #attempts = new ResumeAttempts();
  #throttled = false;
  #finished = false;
  /** The server, not the client, said that this is the end. */
  #ending = false;
  /** `opening` in the constructor, `open`, then `done` while its last events may be asked for again, then `ended`. */
  #life: 'opening' | 'open' | 'done' | 'ended' = 'opening';
  readonly #faults: FaultReporter;
  readonly #drainTimer: DrainTimer;
  #grace: Disposable | undefined;

  /**
   * Says `ready` over `line`, or stands where the session stood in an earlier process: then call `wait` once it can be
   * found. Throws `auth.denied`, and what a part throws that cannot be opened; then nothing stays open but the place in a
   * transcript, which is the caller's.
   */
  constructor(origin: SessionOrigin, line: ClientChannel | undefined, given: SessionParts, visitor: ConnectedClient) {
    const canFail = (): boolean => this.#life === 'open';
    const parts = { ...given, clock: guardClock(given.clock, (bug) => this.fail(bug), canFail) };
    const { clock, resumeGraceMs, board } = parts;
    const { born, restored, standing } = origin;
    this.id = born.session;
    this.#secretHash = born.secretHash;
    this.#parts = parts;
    this.#visitor = visitor;
    this.#model = origin.model;
    this.#bytesPerMs = origin.bytesPerMs;
    this.#restored = restored;
    this.#commands = standing?.commands ?? 0;
    this.#finished = standing?.finished ?? false;
    this.#ending = standing?.ending ?? false;
    this.#faults = new FaultReporter({
      ...{ session: this.id, log: parts.log, meter: parts.meter },
      tell: (fault, fatal) => this.#say({ ...toFaultEvent(fault), fatal }),
      cutOff: () => this.#cutOff(),
      end: (status, reason) => this.#goodbye(status, reason),
    });
    const queuedBytes = (): number => this.#line?.queuedBytes() ?? 0;
    this.#drainTimer = new DrainTimer(clock, queuedBytes, () => this.#say());
    const opened: (() => void)[] = [];
    try {
      this.#driver = this.#drive(origin);
      opened.push(() => this.#driver.close());
      this.#watchdog = new SessionTimeouts(clock, (fault) => this.#timedOut(fault));
      opened.push(() => this.#stopTimers());
      this.#watchdog.start();
      board.join(this.id);
      this.#witnesses = new EventSinks(origin, parts);
      opened.push(() => this.#witnesses.withdraw());
      this.#outbox = new Outbox(
        resumeGraceMs > 0 ? 'replay' : 'nothing',
        (events) => this.#witnesses.tell(events, this.#standing, () => this.#outbox.kept),
        restored?.events,
      );
      if (line !== undefined) this.#begin(line, origin);
      this.#witnesses.speak();
      this.#life = 'open';
    } catch (error) {
      this.#life = 'ended';
      this.#line = undefined;
      this.#faults.runEach(opened.reverse());
      throw error;
    }
    this.#witnesses.warn((why) => this.#unkept(why));
  }

  #begin(line: ClientChannel, { model, secret, settings }: SessionOrigin): void {
    this.#line = line;
    this.#outbox.attach(line);
    this.#say(buildReady(this.#witnesses.birth, secret, { ...this.#parts, model, language: settings.language }));
    if (this.#witnesses.refused !== undefined) this.#unkept(this.#witnesses.refused);
    const { advice } = this.#parts.board;
    if (advice.step !== 'none') this.#driver.load(advice);
  }

  /** Goes on where it stood in an earlier process, and waits for its client for the grace time. */
  wait(graceMs = this.#parts.resumeGraceMs): void {
    const recalled = this.#restored!;
    this.#restored = undefined;
    this.#witnesses.recall(recalled);
    this.#watchdog.sleep();
    if (recalled.standing.driver.core.state === 'closed') return this.#done();
    this.#driver.replay(recalled.audio, this.#finished ? 'finished' : 'streaming');
    this.#grace = this.#parts.clock.after(graceMs, () => this.#finishHere());
  }

  #drive({ born, settings, standing }: SessionOrigin): Driver {
    return new Driver(
      { format: born.audio, settings, pipeline: this.#parts.pipeline, seed: standing?.driver },
      { ...this.#parts, session: this.id },
      {
        events: (events) => this.#say(...events),
        wished: () => this.#witnesses.languages,
        heard: (bytes) => this.#witnesses.heard(bytes),
        closed: () => this.#done(),
        throttle: (stop) => this.#throttle(stop),
        broken: (error) => this.fail(error),
      },
    );
  }

  #unkept(why: string): void {
    this.#say({ type: 'notice', code: 'keep.skipped', text: `Not kept as a transcript: ${why}.` });
  }

  get #standing(): JournalSnapshot {
    return { driver: this.#driver.seed, commands: this.#commands, finished: this.#finished, ending: this.#ending };
  }

  get isCaughtUp(): boolean {
    return this.#life !== 'open' || this.#driver.isCaughtUp;
  }

  get key(): string {
    return this.#visitor.caller.key;
  }

  get caller(): ClientIdentity {
    return this.#visitor.caller;
  }

  get address(): string {
    return this.#visitor.address;
  }

  /** Whether `secret` is the one of its `ready`. */
  isProvedBy(secret: string): boolean {
    return this.#life !== 'ended' && matchesSecret(this.#secretHash, secret);
  }

  /** Goes on over a new connection; the old one, should it still be there, is closed. Throws `session.unknown`. */
  resume(resume: NonNullable<Start['resume']>, line: ClientChannel, caller: ClientIdentity): void {
    const known = this.isProvedBy(resume.secret) && caller.key === this.key;
    if (!known || !this.#outbox.canReplay(resume.seq)) throw new Fault('session.unknown', { session: this.id });
    if (!this.#attempts.take(resume.attempt)) throw new Fault('session.moved', { session: this.id });
    this.#visitor = { ...this.#visitor, caller };
    const old = this.#line;
    this.#detach();
    old?.close(FAULTS['session.moved'].close, 'session.moved');
    this.#grace?.[Symbol.dispose]();
    this.#line = line;
    try {
      this.#goOn(line, resume.seq);
    } catch (error) {
      // A connection that takes nothing is a lost one; its client may still come back over another.
      this.lost(line, 'cut');
      throw error;
    }
  }

  #goOn(line: ClientChannel, seq: number): void {
    line.send({ type: 'resumed', seq, session: this.id, ...this.#driver.position, commands: this.#commands });
    this.#outbox.attach(line);
    this.#outbox.replay(seq);
    this.#drainTimer.schedule();
    if (this.#life === 'done') return this.#leave(line);
    if (this.#throttled) line.pause();
    else if (!this.#finished) this.#watchdog.heard();
  }

  /** The connection is gone. `goodbye` when the client closed it with a word: then it will not come back. */
  lost(line: ClientChannel, how: 'goodbye' | 'cut'): void {
    if (line !== this.#line || this.#life === 'ended') return;
    const { clock, resumeGraceMs } = this.#parts;
    if (how === 'goodbye' || resumeGraceMs === 0) return this.#left();
    this.#detach();
    if (this.#life === 'done') return;
    this.#grace = clock.after(resumeGraceMs, () => this.#finishHere());
  }

  /** Something came that was no message. It counts as a command, whatever it was meant to be. */
  unreadable(error: unknown): void {
    this.#commands++;
    this.#watchdog.heard();
    this.fail(error);
  }

  obey(command: Exclude<Command, { type: 'start' }>): void {
    if (this.#life !== 'open') return;
    if (!this.#finished && !this.#throttled) this.#watchdog.heard();
    if (command.type !== 'audio' && command.type !== 'keepalive') this.#commands++;
    try {
      this.#obey(command);
    } catch (error) {
      this.fail(error);
    }
  }

  load(advice: ServiceLevel): void {
    this.#driver.load(advice);
  }

  drain(): void {
    if (this.#life !== 'open') return;
    this.#say({ ...toFaultEvent(new Fault('server.draining', {})), fatal: false });
    this.#finishHere();
  }

  /** Its journal stays: the next process goes on with it. */
  destroy(): void {
    this.#witnesses.leave();
    this.#goodbye(1012, 'draining');
  }

  expire(): void {
    this.#end();
  }

  /** Never throws, but while the session is opening. */
  fail(error: unknown): void {
    if (this.#life === 'opening') throw error;
    if (this.#life === 'open') this.#faults.report(error);
  }

  #obey(command: Exclude<Command, { type: 'start' }>): void {
    // After `finish` a client has nothing more to say; a late keepalive does no harm, nor does what was under way when
    // the server ended the session.
    if (this.#finished) {
      if (this.#ending || command.type === 'keepalive') return;
      throw new Fault('command.out-of-order', { got: command.type, want: 'nothing after finish' });
    }
    switch (command.type) {
      case 'audio':
        this.#driver.audio(command.bytes);
        return this.#count(command.bytes.length);
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
  #count(bytes: number): void {
    if (this.#visitor.caller.heard(bytes / this.#bytesPerMs)) return;
    this.#say({ ...toFaultEvent(new Fault('auth.quota', this.#visitor.caller.quota)), fatal: false });
    this.#finishHere();
  }

  #finishHere(): void {
    if (this.#finished || this.#life !== 'open') return;
    this.#ending = true;
    this.#finish();
  }

  #finish(): void {
    this.#finished = true;
    this.#watchdog.sleep();
    this.#driver.finish();
  }

  #throttle(stop: boolean): void {
    this.#throttled = stop;
    if (stop) {
      this.#watchdog.sleep();
      this.#line?.pause();
      return;
    }
    this.#line?.resume();
    if (!this.#finished && this.#line !== undefined) this.#watchdog.heard();
  }

  #say(...events: readonly EventBody[]): void {
    if (this.#life !== 'open' && this.#life !== 'opening') return;
    try {
      this.#outbox.put(...events);
      this.#drainTimer.schedule();
    } catch (error) {
      this.fail(error);
    }
  }

  /** A client that does not read may come back, and read then. */
  #cutOff(): void {
    const line = this.#line;
    if (line === undefined) return;
    line.close(FAULTS['client.slow'].close, 'client.slow');
    this.lost(line, line.lifetime === 'kept' ? 'cut' : 'goodbye');
  }

  /** Words said so far are not thrown away because the client fell silent. */
  #timedOut(fault: Fault): void {
    this.#say({ ...toFaultEvent(fault), fatal: false });
    this.#finishHere();
  }

  /** `done` is out. It may be lost on its way, so the events stay for the grace time. */
  #done(): void {
    this.#outbox.flush();
    if (this.#parts.resumeGraceMs === 0) return this.#goodbye(1000, 'done');
    this.#life = 'done';
    this.#stop();
    this.#parts.registry.shelve(this);
    this.#parts.meter.ended(this.#parts.registry.size);
    this.#grace?.[Symbol.dispose]();
    this.#leave(this.#line);
  }

  /** Says goodbye after `done`, and forgets the session after a time even when nobody answers. */
  #leave(line: ClientChannel | undefined): void {
    this.#grace = this.#parts.clock.after(this.#parts.resumeGraceMs, () => this.#end());
    line?.resume();
    line?.close(1000, 'done');
  }

  #goodbye(status: number, reason: string): void {
    if (this.#life === 'ended') return;
    const line = this.#line;
    this.#faults.runEach([() => this.#outbox.flush(), () => this.#end(), () => line?.close(status, reason)]);
  }

  /** Nobody waits for its last words but the transcript that is kept of it. */
  #left(): void {
    if (!this.#witnesses.areKeeping || this.#life !== 'open') return this.#end();
    this.#detach();
    this.#finishHere();
  }

  #detach(): void {
    this.#line = undefined;
    this.#outbox.detach();
    this.#drainTimer.stop();
    this.#driver.detached();
    this.#watchdog.sleep();
  }

  #stop(): void {
    this.#faults.runEach([() => this.#witnesses.end(), () => this.#stopTimers(), () => this.#driver.close()]);
  }

  #stopTimers(): void {
    this.#watchdog.close();
    this.#drainTimer.stop();
  }

  #end(): void {
    if (this.#life === 'ended') return;
    const counted = this.#life === 'open';
    this.#life = 'ended';
    const { registry, meter } = this.#parts;
    this.#stop();
    this.#grace?.[Symbol.dispose]();
    this.#line = undefined;
    this.#faults.runEach([() => this.#witnesses.forget(), () => registry.forget(this.id)]);
    if (!counted) return;
    registry.remove(this.id);
    meter.ended(registry.size);
  }
}

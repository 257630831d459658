import { randomBytes } from 'node:crypto';
import {
  BYTES_PER_SAMPLE,
  type Command,
  type EventBody,
  FAULTS,
  Fault,
  isFault,
  type Start,
} from '../../protocol/index.ts';
import type { Advice } from '../core/schedule/ladder.ts';
import { checked, type ModelOffer, settingsOf } from '../core/session/settings-of.ts';
import type { Caller } from '../ports/access.ts';
import { Attempts } from './attempts.ts';
import { bornOf, isSecretOf, readyOf } from './birth.ts';
import { Driver, type DriverSetup } from './driver.ts';
import { faultEvent, type Line, type Visitor } from './line.ts';
import { Outbox } from './outbox.ts';
import type { Findable } from './registry.ts';
import type { Recalled, SessionJournal, Standing } from './session-journal.ts';
import type { SessionParts as Parts } from './session-parts.ts';
import { Watchdog } from './watchdog.ts';
import { Witnesses } from './witnesses.ts';

/** What every session of a server is made of. */
export type SessionParts = Parts<LiveSession>;

/** A session of an earlier process, with the journal it goes on in. */
export interface Restored extends Recalled {
  readonly journal: SessionJournal;
}

/** How often a slow client's outbox is looked at again, ms. */
const DRAIN_EVERY_MS = 50;

/**
 * One speaker's stream from `start` to `done`: the driver, the numbered events, the watchdog. It outlives its connection:
 * for the grace time it waits for a new one, then finalises what was said. After `done` its events can be fetched for as
 * long, unless the client has said goodbye.
 */
export class LiveSession implements Findable {
  readonly id: string;
  readonly #secretHash: string;
  readonly #parts: SessionParts;
  #visitor: Visitor;
  readonly #outbox: Outbox;
  readonly #watchdog: Watchdog;
  readonly #driver: Driver;
  readonly #hearer: ModelOffer;
  readonly #bytesPerMs: number;
  #line: Line | undefined;
  #restored: Restored | undefined;
  readonly #witnesses: Witnesses<LiveSession>;
  #commands = 0;
  readonly #attempts = new Attempts();
  #throttled = false;
  #finished = false;
  /** The server, not the client, said that this is the end. */
  #ending = false;
  /** `open`, then `done` while its last events may be asked for again, then `ended`. */
  #life: 'open' | 'done' | 'ended' = 'open';
  #drainTimer: Disposable | undefined;
  #grace: Disposable | undefined;

  /**
   * Says `ready` over `line`, or stands where the session stood in an earlier process: then call `wait` once it can be
   * found. Throws `model.unknown`, `command.option`, `auth.denied` or `transcript.*`.
   */
  constructor(from: Start | Restored, line: Line | undefined, parts: SessionParts, visitor: Visitor) {
    const { offer, clock, resumeGraceMs, board } = parts;
    const restored = 'birth' in from ? from : undefined;
    const secret = randomBytes(16).toString('base64url');
    const born =
      restored?.birth ?? bornOf(from as Start, secret, { key: visitor.caller.key, address: visitor.address });
    const { audio: format } = born;
    const standing = restored?.standing;
    const settings = standing?.driver.core.settings ?? settingsOf(from as Start, offer);
    this.id = born.session;
    this.#secretHash = born.secretHash;
    this.#parts = parts;
    this.#visitor = visitor;
    this.#bytesPerMs = (BYTES_PER_SAMPLE[format.encoding] * format.channels * format.sampleRate) / 1_000;
    this.#restored = restored;
    this.#commands = standing?.commands ?? 0;
    this.#finished = standing?.finished ?? false;
    this.#ending = standing?.ending ?? false;
    const { language } = settings;
    this.#witnesses = new Witnesses({ born, wish: (from as Partial<Start>).keep, restored, parts, language });
    this.#witnesses.warn((why) => this.#unkept(why));
    this.#outbox = new Outbox(
      resumeGraceMs > 0 ? 'replay' : 'nothing',
      (events) => this.#witnesses.tell(events, this.#standing, () => this.#outbox.kept),
      restored?.events,
    );
    this.#line = line;
    this.#watchdog = new Watchdog(clock, (fault) => this.#timedOut(fault));
    // A server that was started with other models goes on with its own.
    this.#hearer = settings.model !== undefined && settings.model === offer.small?.model ? offer.small : offer;
    this.#driver = this.#drive({ format, settings, pipeline: parts.pipeline, seed: standing?.driver });
    board.join(this.id);
    if (line === undefined) return;
    this.#outbox.attach(line);
    this.#say(readyOf(this.#witnesses.birth, secret, { ...parts, hearer: this.#hearer, language }));
    if (this.#witnesses.refused !== undefined) this.#unkept(this.#witnesses.refused);
    if (board.advice.step !== 'none') this.#driver.load(board.advice);
  }

  /** Goes on where it stood in an earlier process, and waits for its client for the grace time. */
  wait(graceMs = this.#parts.resumeGraceMs): void {
    const recalled = this.#restored!;
    const { audio, standing } = recalled;
    this.#restored = undefined;
    this.#witnesses.recall(recalled);
    this.#watchdog.sleep();
    if (standing.driver.core.state === 'closed') return this.#done();
    this.#driver.replay(audio, this.#finished ? 'finished' : 'streaming');
    this.#grace = this.#parts.clock.after(graceMs, () => this.#finishHere());
  }

  #drive(setup: DriverSetup): Driver {
    return new Driver(
      setup,
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

  get #standing(): Standing {
    return { driver: this.#driver.seed, commands: this.#commands, finished: this.#finished, ending: this.#ending };
  }

  get isCaughtUp(): boolean {
    return this.#life !== 'open' || this.#driver.isCaughtUp;
  }

  get key(): string {
    return this.#visitor.caller.key;
  }

  get address(): string {
    return this.#visitor.address;
  }

  /** Whether `secret` is the one of its `ready`. */
  isProvedBy(secret: string): boolean {
    return this.#life !== 'ended' && isSecretOf(this.#secretHash, secret);
  }

  /** Goes on over a new connection; the old one, should it still be there, is closed. Throws `session.unknown`. */
  resume(resume: NonNullable<Start['resume']>, line: Line, caller: Caller): void {
    const known = this.isProvedBy(resume.secret) && caller.key === this.key;
    if (!known || !this.#outbox.canReplay(resume.seq)) throw new Fault('session.unknown', { session: this.id });
    if (!this.#attempts.take(resume.attempt)) throw new Fault('session.moved', { session: this.id });
    this.#visitor = { ...this.#visitor, caller };
    const old = this.#line;
    this.#detach();
    old?.close(FAULTS['session.moved'].close, 'session.moved');
    this.#grace?.[Symbol.dispose]();
    this.#line = line;
    line.send({
      type: 'resumed',
      seq: resume.seq,
      session: this.id,
      ...this.#driver.position,
      commands: this.#commands,
    });
    this.#outbox.attach(line);
    this.#outbox.replay(resume.seq);
    this.#drainLater();
    if (this.#life === 'done') return this.#leave(line);
    if (this.#throttled) line.pause();
    else if (!this.#finished) this.#watchdog.heard();
  }

  /** The connection is gone. `goodbye` when the client closed it with a word: then it will not come back. */
  lost(line: Line, how: 'goodbye' | 'cut'): void {
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

  load(advice: Advice): void {
    this.#driver.load(advice);
  }

  drain(): void {
    if (this.#life !== 'open') return;
    this.#say({ ...faultEvent(new Fault('server.draining', {})), fatal: false });
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

  fail(error: unknown): void {
    if (this.#life !== 'open') return;
    const fault = isFault(error) ? error : new Fault('server.bug', {}, { cause: error });
    const { log, meter } = this.#parts;
    meter.fault(fault.code);
    if (fault.code === 'server.bug') log.error({ session: this.id, err: error }, 'a bug ended a session');
    else log.info({ session: this.id, code: fault.code }, 'a fault');
    if (fault.code === 'client.slow') return this.#cutOff();
    // A wrong setting in mid-stream changes nothing; everything else ends the session.
    const fatal = !['command.option', 'command.unknown', 'command.unreadable'].includes(fault.code);
    this.#say({ ...faultEvent(fault), fatal });
    if (fatal) this.#goodbye(FAULTS[fault.code].close, fault.code);
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
        return this.#driver.configure(checked(command, this.#hearer));
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
    this.#say({ ...faultEvent(new Fault('auth.quota', this.#visitor.caller.quota)), fatal: false });
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
    if (this.#life !== 'open') return;
    try {
      this.#outbox.put(...events);
      this.#drainLater();
    } catch (error) {
      this.fail(error);
    }
  }

  #drainLater(): void {
    if (this.#line === undefined || this.#line.queuedBytes() === 0) return;
    this.#drainTimer?.[Symbol.dispose]();
    this.#drainTimer = this.#parts.clock.after(DRAIN_EVERY_MS, () => {
      if (this.#life !== 'open') return;
      this.#outbox.flush();
      this.#drainLater();
    });
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
    this.#say({ ...faultEvent(fault), fatal: false });
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
  #leave(line: Line | undefined): void {
    this.#grace = this.#parts.clock.after(this.#parts.resumeGraceMs, () => this.#end());
    line?.resume();
    line?.close(1000, 'done');
  }

  #goodbye(status: number, reason: string): void {
    if (this.#life === 'ended') return;
    this.#outbox.flush();
    const line = this.#line;
    this.#end();
    line?.close(status, reason);
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
    this.#drainTimer?.[Symbol.dispose]();
    this.#driver.detached();
    this.#watchdog.sleep();
  }

  #stop(): void {
    this.#witnesses.end();
    this.#watchdog.close();
    this.#drainTimer?.[Symbol.dispose]();
    this.#driver.close();
  }

  #end(): void {
    if (this.#life === 'ended') return;
    const counted = this.#life === 'open';
    this.#life = 'ended';
    this.#stop();
    this.#grace?.[Symbol.dispose]();
    this.#line = undefined;
    this.#witnesses.forget();
    this.#parts.registry.forget(this.id);
    if (!counted) return;
    this.#parts.registry.remove(this.id);
    this.#parts.meter.ended(this.#parts.registry.size);
  }
}

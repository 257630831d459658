import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import {
  AudioFormat,
  BYTES_PER_SAMPLE,
  type Command,
  type EventBody,
  FAULTS,
  Fault,
  isFault,
  LIMITS,
  type Start,
} from '../../protocol/index.ts';
import type { PipelineOptions } from '../core/session/settings.ts';
import { languageOf, type Offer, settingsOf } from '../core/session/settings-of.ts';
import type { Caller } from '../ports/access.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { SpeechModel } from '../ports/speech-model.ts';
import type { Cleaners } from './cleaning.ts';
import { Driver } from './driver.ts';
import type { JobBoard } from './job-board.ts';
import { Outbox, type Sink } from './outbox.ts';
import type { Live, Registry } from './registry.ts';
import { Watchdog } from './watchdog.ts';

/** What every session of a server is made of. */
export interface SessionParts {
  readonly board: JobBoard;
  readonly registry: Registry<LiveSession>;
  readonly speechModel: SpeechModel;
  readonly cleaners: Cleaners;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly pipeline: PipelineOptions;
  readonly offer: Offer;
  readonly engine: string;
  readonly cleanTimeoutMs: number;
  readonly pauseMs: number;
  /** How long a session outlives a lost connection, ms; 0 is not at all. */
  readonly resumeGraceMs: number;
}

/** Who opened a connection, and from where. */
export interface Visitor {
  readonly caller: Caller;
  readonly address: string;
}

/** A connection, as its session sees it. */
export interface Line extends Sink {
  /** Whether its client may come back after an accident. */
  readonly lifetime: 'kept' | 'connection';
  pause(): void;
  resume(): void;
  /** Ends the connection. Nothing of it reaches the session any more. */
  close(status: number, reason: string): void;
}

/** How often a slow client's outbox is looked at again, ms. */
const DRAIN_EVERY_MS = 50;

/**
 * One speaker's stream from `start` to `done`: the driver, the numbered events, the watchdog. It outlives its connection:
 * for the grace time it waits for a new one, then finalises what was said. After `done` its events can be fetched for as
 * long, unless the client has said goodbye.
 */
export class LiveSession implements Live {
  readonly id = randomUUID();
  readonly #secret = randomBytes(16).toString('base64url');
  readonly #parts: SessionParts;
  readonly #visitor: Visitor;
  readonly #outbox: Outbox;
  readonly #watchdog: Watchdog;
  readonly #driver: Driver;
  readonly #bytesPerMs: number;
  #line: Line | undefined;
  #commands = 0;
  #throttled = false;
  #finished = false;
  /** The server, not the client, said that this is the end. */
  #ending = false;
  /** `open`, then `done` while its last events may be asked for again, then `ended`. */
  #life: 'open' | 'done' | 'ended' = 'open';
  #drainTimer: Disposable | undefined;
  #grace: Disposable | undefined;

  /** Says `ready` over `line`. Throws `model.unknown` or `command.option`. */
  constructor(start: Start, line: Line, parts: SessionParts, visitor: Visitor) {
    const { offer, engine, clock, resumeGraceMs } = parts;
    const format = start.audio ?? AudioFormat.parse({});
    const settings = settingsOf(start, offer);
    this.#parts = parts;
    this.#visitor = visitor;
    this.#bytesPerMs = (BYTES_PER_SAMPLE[format.encoding] * format.channels * format.sampleRate) / 1_000;
    this.#outbox = new Outbox(resumeGraceMs > 0 ? 'replay' : 'nothing');
    this.#outbox.attach(line);
    this.#line = line;
    this.#watchdog = new Watchdog(clock, (fault) => this.#timedOut(fault));
    this.#say({
      type: 'ready',
      session: this.id,
      secret: this.#secret,
      resumeMs: resumeGraceMs,
      aliveMs: LIMITS.aliveEveryMs,
      model: offer.model,
      engine,
      language: settings.language,
      languages: offer.languages === 'all' ? 'all' : [...offer.languages],
      audio: format,
    });
    this.#driver = new Driver(
      format,
      settings,
      parts.pipeline,
      { ...parts, session: this.id },
      {
        event: (event) => this.#say(event),
        closed: () => this.#done(),
        throttle: (stop) => this.#throttle(stop),
        broken: (error) => this.fail(error),
      },
    );
  }

  get key(): string {
    return this.#visitor.caller.key;
  }

  get address(): string {
    return this.#visitor.address;
  }

  /** Goes on over a new connection; the old one, should it still be there, is closed. Throws `session.unknown`. */
  resume(resume: NonNullable<Start['resume']>, line: Line, caller: Caller): void {
    const known = this.#life !== 'ended' && isSame(resume.secret, this.#secret) && caller.key === this.key;
    if (!known || !this.#outbox.canReplay(resume.seq)) throw new Fault('session.unknown', { session: this.id });
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
    if (how === 'goodbye' || resumeGraceMs === 0) return this.#end();
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

  load(cadence: number, lagMs: number): void {
    this.#driver.load(cadence, lagMs);
  }

  drain(): void {
    if (this.#life !== 'open') return;
    this.#say({ ...faultEvent(new Fault('server.draining', {})), fatal: false });
    this.#finishHere();
  }

  destroy(): void {
    this.#goodbye(1012, 'draining');
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
        if (command.language === undefined) return this.#driver.configure(command);
        return this.#driver.configure({ ...command, language: languageOf(command.language, this.#parts.offer) });
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

  #say(event: EventBody): void {
    if (this.#life !== 'open') return;
    try {
      this.#outbox.put(event);
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

  #detach(): void {
    this.#line = undefined;
    this.#outbox.detach();
    this.#drainTimer?.[Symbol.dispose]();
    this.#driver.detached();
    this.#watchdog.sleep();
  }

  #stop(): void {
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
    this.#parts.registry.forget(this.id);
    if (!counted) return;
    this.#parts.registry.remove(this.id);
    this.#parts.meter.ended(this.#parts.registry.size);
  }
}

export function faultEvent(fault: Fault): Omit<Extract<EventBody, { type: 'fault' }>, 'fatal'> & { fatal: boolean } {
  return { type: 'fault', code: fault.code, text: fault.message, retry: FAULTS[fault.code].retry, fatal: true };
}

/** Whether two secrets are equal, in a time that tells nothing of where they differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

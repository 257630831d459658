import { randomBytes, randomUUID } from 'node:crypto';
import {
  AudioFormat,
  BYTES_PER_SAMPLE,
  type Command,
  type EventBody,
  FAULTS,
  Fault,
  isFault,
  type Start,
} from '../../protocol/index.ts';
import type { PipelineOptions } from '../core/session/settings.ts';
import { languageOf, type Offer, settingsOf } from '../core/session/settings-of.ts';
import type { Cleaners } from '../flow/cleaning.ts';
import { Driver } from '../flow/driver.ts';
import type { JobBoard } from '../flow/job-board.ts';
import { Outbox } from '../flow/outbox.ts';
import type { Live, Registry } from '../flow/registry.ts';
import { Watchdog } from '../flow/watchdog.ts';
import type { Caller } from '../ports/access.ts';
import type { Clock } from '../ports/clock.ts';
import type { Dialect } from '../ports/dialect.ts';
import type { Log } from '../ports/log.ts';
import type { Meter } from '../ports/meter.ts';
import type { SpeechModel } from '../ports/speech-model.ts';
import type { Connection, ConnectionHandler } from '../ports/transport.ts';

/** What every session of a server is made of. */
export interface SessionParts {
  readonly board: JobBoard;
  readonly registry: Registry;
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
}

/** Who opened a connection, and from where. */
export interface Visitor {
  readonly caller: Caller;
  readonly address: string;
}

/** How often a slow client's outbox is looked at again, ms. */
const DRAIN_EVERY_MS = 50;

/** One connection and its session: frames in, commands to the driver, events out. */
export class SessionConnection implements ConnectionHandler, Live {
  readonly id = randomUUID();
  readonly #connection: Connection;
  readonly #dialect: Dialect;
  readonly #parts: SessionParts;
  readonly #outbox: Outbox;
  readonly #watchdog: Watchdog;
  readonly #visitor: Visitor;
  #bytesPerMs = Number.POSITIVE_INFINITY;
  #driver: Driver | undefined;
  #finished = false;
  /** The server, not the client, said that this is the end. */
  #ending = false;
  #ended = false;
  #drainTimer: Disposable | undefined;

  constructor(connection: Connection, dialect: Dialect, parts: SessionParts, visitor: Visitor) {
    this.#visitor = visitor;
    this.#connection = connection;
    this.#dialect = dialect;
    this.#parts = parts;
    this.#outbox = new Outbox({
      queuedBytes: () => connection.queuedBytes,
      send: (event) => connection.send(dialect.write(event)),
    });
    this.#watchdog = new Watchdog(parts.clock, (fault) => this.#timedOut(fault));
    parts.registry.add(this);
    parts.meter.opened(parts.registry.size);
  }

  get key(): string {
    return this.#visitor.caller.key;
  }

  get address(): string {
    return this.#visitor.address;
  }

  message(frame: string | Uint8Array): void {
    if (this.#ended) return;
    try {
      this.#watchdog.heard();
      this.#obey(this.#dialect.read(frame));
    } catch (error) {
      this.#fail(error);
    }
  }

  drain(): void {
    if (this.#ended) return;
    this.#say({ ...faultEvent(new Fault('server.draining', {})), fatal: false });
    if (this.#driver === undefined) this.#goodbye(1012, 'draining');
    else this.#finishHere();
  }

  destroy(): void {
    this.#goodbye(1012, 'draining');
  }

  load(cadence: number, lagMs: number): void {
    this.#driver?.load(cadence, lagMs);
  }

  close(): void {
    this.#end();
  }

  #obey(command: Command): void {
    if (command.type === 'start') return this.#start(command);
    if (this.#driver === undefined) throw new Fault('command.out-of-order', { got: command.type, want: 'start' });
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

  #start(start: Start): void {
    if (this.#driver !== undefined) throw new Fault('command.out-of-order', { got: 'a second start', want: 'audio' });
    if (start.resume !== undefined) throw new Fault('session.unknown', { session: start.resume.session });
    const { offer, engine } = this.#parts;
    const format = start.audio ?? AudioFormat.parse({});
    const settings = settingsOf(start, offer);
    this.#bytesPerMs = (BYTES_PER_SAMPLE[format.encoding] * format.channels * format.sampleRate) / 1_000;
    this.#watchdog.started();
    this.#say({
      type: 'ready',
      session: this.id,
      secret: randomBytes(16).toString('base64url'),
      model: offer.model,
      engine,
      language: settings.language,
      languages: offer.languages === 'all' ? 'all' : [...offer.languages],
      audio: format,
    });
    this.#driver = new Driver(
      format,
      settings,
      this.#parts.pipeline,
      { ...this.#parts, session: this.id },
      {
        event: (event) => this.#say(event),
        closed: () => this.#goodbye(1000, 'done'),
        throttle: (stop) => this.#throttle(stop),
        broken: (error) => this.#fail(error),
      },
    );
  }

  /** What was sent before the minutes ran out is still finalised. */
  #count(bytes: number): void {
    if (this.#visitor.caller.heard(bytes / this.#bytesPerMs)) return;
    this.#say({ ...faultEvent(new Fault('auth.quota', this.#visitor.caller.quota)), fatal: false });
    this.#finishHere();
  }

  #finishHere(): void {
    if (this.#finished) return;
    this.#ending = true;
    this.#finish();
  }

  #finish(): void {
    this.#finished = true;
    this.#watchdog.sleep();
    this.#driver?.finish();
  }

  #throttle(stop: boolean): void {
    if (stop) {
      this.#watchdog.sleep();
      this.#connection.pause();
      return;
    }
    this.#connection.resume();
    if (!this.#finished) this.#watchdog.heard();
  }

  #say(event: EventBody): void {
    if (this.#ended) return;
    try {
      this.#outbox.put(event);
      if (this.#connection.queuedBytes > 0) this.#drainLater();
    } catch (error) {
      this.#fail(error);
    }
  }

  #drainLater(): void {
    this.#drainTimer?.[Symbol.dispose]();
    this.#drainTimer = this.#parts.clock.after(DRAIN_EVERY_MS, () => {
      this.#outbox.flush();
      if (this.#connection.queuedBytes > 0 && !this.#ended) this.#drainLater();
    });
  }

  /** Words said so far are not thrown away because the client fell silent. */
  #timedOut(fault: Fault): void {
    if (this.#driver === undefined || fault.code === 'session.unopened') return this.#fail(fault);
    this.#say({ ...faultEvent(fault), fatal: false });
    this.#finishHere();
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    const fault = isFault(error) ? error : new Fault('server.bug', {}, { cause: error });
    const { log, meter } = this.#parts;
    meter.fault(fault.code);
    if (fault.code === 'server.bug') log.error({ session: this.id, err: error }, 'a bug ended a session');
    else log.info({ session: this.id, code: fault.code }, 'a fault');
    // A wrong setting in mid-stream changes nothing; everything else ends the session.
    const fatal = !(
      this.#driver !== undefined && ['command.option', 'command.unknown', 'command.unreadable'].includes(fault.code)
    );
    const event = { ...faultEvent(fault), fatal };
    if (fault.code !== 'client.slow') this.#say(event);
    if (fatal) this.#goodbye(FAULTS[fault.code].close, fault.code);
  }

  #goodbye(status: number, reason: string): void {
    if (this.#ended) return;
    this.#outbox.flush();
    this.#end();
    this.#connection.close(status, reason);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#watchdog.close();
    this.#drainTimer?.[Symbol.dispose]();
    this.#driver?.close();
    this.#parts.registry.remove(this.id);
    this.#parts.meter.ended(this.#parts.registry.size);
  }
}

function faultEvent(fault: Fault): Omit<Extract<EventBody, { type: 'fault' }>, 'fatal'> & { fatal: boolean } {
  return { type: 'fault', code: fault.code, text: fault.message, retry: FAULTS[fault.code].retry, fatal: true };
}

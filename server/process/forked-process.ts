import { type ChildProcess, fork } from 'node:child_process';
import { errorCode } from '../core/errors/error-code.ts';
import type { Log } from '../ports/log.ts';
import { buildProgramEnvironment } from './environment.ts';

/** The program of a child process. */
export interface Program {
  /** The program's main file. */
  readonly path: string;
  /** Default: the Node that runs this process. */
  readonly execPath?: string | undefined;
  /** `advanced` carries typed arrays; default `json`. */
  readonly serialization?: 'json' | 'advanced' | undefined;
  /** A process that sends a larger message is killed, bytes; default 256 MiB. */
  readonly messageBytesMax?: number | undefined;
}

export interface ForkedProcessCallbacks {
  onMessage(value: unknown): void;
  /** The process has ended or could not be started. Called exactly once, last, and never from within the constructor. */
  onEnded(reason: string): void;
}

/**
 * Largest message, bytes; Node itself would buffer up to 2 GiB of one. No message of ours comes near: a decoder sends the
 * largest, and its whole process may take little more memory than this.
 */
const MESSAGE_BYTES_MAX = 256 * 1_048_576;
/** How long a process may take to end by itself before it is killed, ms. */
const STOP_TIMEOUT_MS = 1_000;

/**
 * A child process with a pipe for messages. However it fails (`fork` throws, an `error` without an `exit`, a broken pipe,
 * bytes that are not a message), there is exactly one event: `onEnded`, with a reason for the log. No method throws.
 */
export class ForkedProcess {
  readonly #callbacks: ForkedProcessCallbacks;
  readonly #log: Log;
  readonly #messageBytesMax: number;
  readonly #child: ChildProcess | undefined;
  #stopTimer: NodeJS.Timeout | undefined;
  /** Why it is being killed; its exit event only names the signal. */
  #reason: string | undefined;
  /** Bytes received since the last complete message. */
  #unfinishedBytes = 0;
  #isStopping = false;
  #hasEnded = false;

  constructor(program: Program, log: Log, callbacks: ForkedProcessCallbacks) {
    const { path, execPath, serialization = 'json', messageBytesMax = MESSAGE_BYTES_MAX } = program;
    this.#messageBytesMax = messageBytesMax;
    this.#callbacks = callbacks;
    this.#log = log;
    try {
      this.#child = fork(path, [], {
        ...{ serialization, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: buildProgramEnvironment(path) },
        ...(execPath === undefined ? {} : { execPath }),
      });
    } catch (error) {
      process.nextTick(() => this.#end(`cannot be started: ${errorCode(error)}`));
      return;
    }
    this.#listen(this.#child);
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** A message that cannot be sent ends the process, so that requests waiting for an answer are rejected. */
  send(message: object): void {
    const child = this.#child;
    // Without a process or a pipe, `onEnded` is about to be called.
    if (this.#hasEnded || child?.connected !== true) return;
    try {
      child.send(message, (error) => {
        if (error !== null) this.kill(`cannot be reached: ${errorCode(error)}`);
      });
    } catch (error) {
      this.kill(`cannot be reached: ${errorCode(error)}`);
    }
  }

  /** Closes the pipe, which tells the process to end; kills it if it has not ended after a second. */
  stop(): void {
    if (this.#hasEnded || this.#isStopping) return;
    this.#isStopping = true;
    this.#disconnect();
    this.#stopTimer = setTimeout(() => this.kill(), STOP_TIMEOUT_MS);
  }

  /** @param reason Passed to `onEnded` instead of the signal. */
  kill(reason?: string): void {
    if (this.#hasEnded) return;
    this.#reason ??= reason;
    // A process that was never started reports its own end.
    if (this.pid !== undefined) this.#child!.kill('SIGKILL');
  }

  /** Whether this process keeps its parent alive. */
  setKeepsParentAlive(keeps: boolean): void {
    if (keeps) {
      this.#child?.ref();
      this.#child?.channel?.ref();
    } else {
      this.#child?.unref();
      this.#child?.channel?.unref();
    }
  }

  #listen(child: ChildProcess): void {
    child.on('message', (value) => this.#receive(value));
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) this.#end(`cannot be started: ${errorCode(error)}`);
      else if (error.syscall === 'kill') this.#end(`cannot be killed: ${errorCode(error)}`);
      else this.kill(errorCode(error));
    });
    child.once('exit', (code, signal) => this.#end(this.#reason ?? signal ?? `exit ${code}`));
    // A process without a pipe can neither receive requests nor be told to end.
    child.once('disconnect', () => {
      if (!this.#isStopping) this.kill();
    });
    // No handles are ever passed, and Node's code for them trusts the child.
    child.removeAllListeners('internalMessage');
    guardChannel(child, {
      onBytes: (count) => this.#count(count),
      onGarbage: () => this.kill('sent an invalid message'),
    });
  }

  /** Returns whether the bytes should be read. */
  #count(bytes: number): boolean {
    this.#unfinishedBytes += bytes;
    if (this.#unfinishedBytes <= this.#messageBytesMax) return true;
    this.kill('sent a message that is too large');
    return false;
  }

  #receive(value: unknown): void {
    this.#unfinishedBytes = 0;
    if (this.#hasEnded) return;
    try {
      this.#callbacks.onMessage(value);
    } catch (error) {
      this.#log.error(
        { code: 'server.bug', problem: problemOf(error) },
        'a message of a child process was not handled',
      );
      this.kill();
    }
  }

  #end(reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#stopTimer);
    this.#disconnect();
    try {
      this.#callbacks.onEnded(reason);
    } catch (error) {
      this.#log.error({ code: 'server.bug', problem: problemOf(error) }, 'the end of a child process was not handled');
    }
  }

  #disconnect(): void {
    try {
      if (this.#child?.connected === true) this.#child.disconnect();
    } catch {
      // The pipe has just closed.
    }
  }
}

interface ChannelCallbacks {
  /** Called with the number of bytes received; returning false drops them. */
  onBytes(count: number): boolean;
  onGarbage(): void;
}

/**
 * Wraps the pipe's reader. Bytes that are not a message make Node throw inside the pipe's own callback, where nothing can
 * catch it, and an endless message would fill the memory; Node has no event for either. In a version of Node that keeps its
 * reader elsewhere, nothing is wrapped.
 */
function guardChannel(child: ChildProcess, { onBytes, onGarbage }: ChannelCallbacks): void {
  const symbol = Object.getOwnPropertySymbols(child).find(({ description }) => description === 'kChannelHandle');
  if (symbol === undefined) return;
  const handle = (child as unknown as Record<symbol, { onread?: unknown } | null>)[symbol];
  const read = handle?.onread;
  if (handle === null || typeof read !== 'function') return;
  handle!.onread = function (this: unknown, ...args: unknown[]): unknown {
    const [bytes] = args;
    if (bytes instanceof ArrayBuffer && !onBytes(bytes.byteLength)) return undefined;
    try {
      return Reflect.apply(read, this, args);
    } catch {
      onGarbage();
      return undefined;
    }
  };
}

const problemOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

import { type ChildProcess, fork } from 'node:child_process';
import { errorCode } from '../core/errors/error-code.ts';
import type { Log } from '../ports/log.ts';
import { buildProgramEnvironment } from './environment.ts';

/** What is started. */
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
  /** The process is gone or never came to be. Called exactly once, never from within the constructor, and last of all. */
  onEnded(reason: string): void;
}

/**
 * Bytes of one message; Node itself holds up to 2 GiB until one is whole. More than any of ours: of a decoder, which sends
 * the largest, the whole process may take little more than this.
 */
const MESSAGE_BYTES_MAX = 256 * 1_048_576;
/** How long a process may take to end by itself before it is killed, ms. */
const STOP_TIMEOUT_MS = 1_000;

/**
 * A child process with a pipe for messages. However it fails (`fork` throws, an `error` comes without an `exit`, the pipe
 * breaks or carries what is no message), there is one event: `onEnded`, with a reason for the log. Nothing here throws.
 */
export class ForkedProcess {
  readonly #callbacks: ForkedProcessCallbacks;
  readonly #log: Log;
  readonly #messageBytesMax: number;
  readonly #child: ChildProcess | undefined;
  #stopTimer: NodeJS.Timeout | undefined;
  /** Why it is being killed, which its exit would not tell. */
  #reason: string | undefined;
  /** Bytes that came since the last message was whole. */
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

  /** A message that cannot be sent ends the process: whoever waits for an answer to it learns so. */
  send(message: object): void {
    const child = this.#child;
    // Without a process or a pipe the end is under way already.
    if (this.#hasEnded || child?.connected !== true) return;
    try {
      child.send(message, (error) => {
        if (error !== null) this.kill(`cannot be reached: ${errorCode(error)}`);
      });
    } catch (error) {
      this.kill(`cannot be reached: ${errorCode(error)}`);
    }
  }

  /** Lets the process end by itself; kills it when it has not after a second. */
  stop(): void {
    if (this.#hasEnded || this.#isStopping) return;
    this.#isStopping = true;
    this.#disconnect();
    this.#stopTimer = setTimeout(() => this.kill(), STOP_TIMEOUT_MS);
  }

  /** @param reason Told to `onEnded` in place of the signal. */
  kill(reason?: string): void {
    if (this.#hasEnded) return;
    this.#reason ??= reason;
    // One that was never started reports so by itself.
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
    // One that closed its pipe can neither be asked nor end by itself when told to.
    child.once('disconnect', () => {
      if (!this.#isStopping) this.kill();
    });
    // Handles are never passed; Node's code for them trusts what the child sends.
    child.removeAllListeners('internalMessage');
    guardChannel(child, {
      onBytes: (count) => this.#count(count),
      onGarbage: () => this.kill('sent what is no message'),
    });
  }

  /** Returns whether the bytes are to be read. */
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
      // The pipe closed meanwhile.
    }
  }
}

interface ChannelCallbacks {
  /** Bytes have come; false drops them. */
  onBytes(count: number): boolean;
  onGarbage(): void;
}

/**
 * Bytes that are no message make Node throw inside the pipe's own callback, where nobody can catch it, and would end this
 * process; those of a message without end would fill its memory. Node offers no event for either, so its reader is wrapped;
 * where Node keeps it elsewhere, nothing is wrapped.
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

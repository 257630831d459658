import { Fault } from '../../protocol/index.ts';
import { BackOff } from '../core/schedule/back-off.ts';
import type { Log } from '../ports/log.ts';
import { PendingRequests } from '../process/pending-requests.ts';
import { Supervisor } from '../process/supervisor.ts';
import { WatchedProcess } from '../process/watched-process.ts';
import { locateModelProgram } from './model-program.ts';
import { type FromModel, type Generation, isFromModel, type ModelSetup, type ToModel } from './wire.ts';

export interface GgufProcessOptions {
  /** Whose process it is, for the log: `cleaner`. */
  readonly name: string;
  readonly modelName: string;
  readonly setup: ModelSetup;
  /**
   * `always`: the model is loaded from the start and again after each end; a text that is asked for in between is refused.
   * `on-demand`: it is loaded for the first text, which waits for it, and again for the next text after it has ended.
   */
  readonly restart: 'always' | 'on-demand';
  /** Longest wait before the process is started again, ms; default 30 s. */
  readonly backOffMaxMs?: number | undefined;
  /** What a text that is not written is rejected with. */
  readonly fault: (problem: string) => Fault;
  /** Texts that may wait for the model; more are refused, because of `tooMany`. */
  readonly waitingMax: number;
  readonly tooMany: string;
  /** Longest wait for one text, ms; default for ever. */
  readonly timeoutMs?: number | undefined;
  /** How long the process may take to end a text that was given up, ms; one that takes longer is replaced. */
  readonly cancelTimeoutMs: number;
  /** How long it may take to load the model, ms. */
  readonly startTimeoutMs: number;
  /** How long the process outlives its last text, ms; default for ever. */
  readonly idleMs?: number | undefined;
  /** Time between two pings, and how many may be missed; defaults of `WatchedProcess`. */
  readonly pingEveryMs?: number | undefined;
  readonly pingsMissedMax?: number | undefined;
  /** A process that grows beyond this is replaced. */
  readonly memoryMbMax?: number | undefined;
  readonly log: Log;
  /** Path of the child's main file, and the program that runs it; tests give others. */
  readonly childPath?: string | undefined;
  readonly execPath?: string | undefined;
}

/** Settles when a process is ready, or when it will not be. */
interface Start {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(fault: Fault): void;
}

/**
 * A GGUF model through llama.cpp in a process of its own. Each text that is asked for is written or rejected, exactly once,
 * whatever becomes of the process.
 */
export class GgufProcess {
  readonly #options: GgufProcessOptions;
  readonly #requests: PendingRequests<string>;
  readonly #supervisor: Supervisor<WatchedProcess<FromModel>>;
  /** Texts that were asked for while no process could be started yet, in their order. */
  readonly #unsent = new Map<number, Generation>();
  #start = openStart();
  /** Why the last process could not run, when it said so itself. The text may name the file. */
  #refusal: string | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: GgufProcessOptions) {
    this.#options = options;
    const { waitingMax, tooMany, fault, timeoutMs, cancelTimeoutMs, restart, backOffMaxMs } = options;
    this.#requests = new PendingRequests({
      ...{ max: waitingMax, full: tooMany, fault, timeoutMs, cancelTimeoutMs },
      onGivenUp: (id) => this.#cancel(id),
      onStuck: () => this.#replaceStuck(),
    });
    this.#supervisor = new Supervisor({
      start: (onEnded) => this.#open(onEnded),
      ...{ restart, backOff: new BackOff({ longestMs: backOffMaxMs }) },
      onEnded: (exit) => this.#handleEnd(exit),
    });
    if (restart === 'always') this.#supervisor.demand();
  }

  /** Undefined while there is no process. */
  get pid(): number | undefined {
    return this.#supervisor.current?.pid;
  }

  /** Whether a model is loaded and can write. */
  get isRunning(): boolean {
    return this.#supervisor.current?.state === 'ready';
  }

  /** Resolves when the current process, or the next one, has loaded its model. Rejects with `model.corrupt` or `fault`. */
  ready(): Promise<void> {
    return this.#start.promise;
  }

  /** The text that the model writes. Rejects with `fault`. */
  async generate(generation: Generation, signal: AbortSignal): Promise<string> {
    const { restart, fault } = this.#options;
    if (this.#supervisor.isClosed) throw fault('it is closed');
    if (restart === 'always' && this.#supervisor.current === undefined) throw fault('its process is being replaced');
    clearTimeout(this.#idle);
    try {
      return await this.#requests.open((id) => {
        this.#unsent.set(id, generation);
        this.#supervisor.demand();
        this.#sendAll();
      }, signal);
    } finally {
      this.#startIdleTimer();
    }
  }

  /** Rejects what waits. Resolves when the process is gone. */
  close(): Promise<void> {
    const closing = this.#supervisor.close();
    clearTimeout(this.#idle);
    this.#requests.rejectAll('it is closed');
    this.#start.reject(this.#options.fault('it is closed'));
    return closing;
  }

  #open(onEnded: (exit: string) => void): WatchedProcess<FromModel> {
    const { name, setup, childPath = locateModelProgram(), execPath, log } = this.#options;
    const { startTimeoutMs, pingEveryMs, pingsMissedMax, memoryMbMax } = this.#options;
    const process = new WatchedProcess<FromModel>(
      {
        ...{ name, log, program: { path: childPath, execPath } },
        setup: { kind: 'setup', setup } satisfies ToModel,
        isMessage: isFromModel,
        ...{ startTimeoutMs, pingEveryMs, pingsMissedMax, memoryMbMax },
      },
      {
        onMessage: (message) => this.#read(message, process),
        onOutgrown: () => process.kill(),
        onEnded,
      },
    );
    // Texts that waited for the back-off go out once this process is the current one.
    queueMicrotask(() => this.#sendAll());
    return process;
  }

  #read(message: FromModel, process: WatchedProcess<FromModel>): void {
    switch (message.kind) {
      case 'ready':
        return this.#start.resolve();
      case 'alive':
        // One that is always running has lasted a while after it was ready. One that runs on demand has to write something.
        if (this.#options.restart === 'always') this.#supervisor.reportHealthy();
        return;
      case 'refused':
        this.#refusal = message.problem;
        // Told to clients, so without the name of the file.
        this.#requests.rejectAll(REFUSED);
        return process.stop();
      case 'generated':
        this.#supervisor.reportHealthy();
        return this.#requests.resolve(message.id, message.text);
      case 'failed':
        return this.#requests.reject(message.id, message.problem);
    }
  }

  #cancel(id: number): void {
    if (this.#unsent.delete(id)) return this.#requests.reject(id, 'it was given up');
    this.#send({ kind: 'cancel', id });
  }

  #replaceStuck(): void {
    const { name, log } = this.#options;
    log.warn({ pid: this.pid }, `the ${name} does not end a text that was given up; it is killed`);
    this.#supervisor.current?.kill();
  }

  #handleEnd(exit: string): undefined {
    const { name, modelName: model, restart, fault, log } = this.#options;
    const refusal = this.#refusal;
    this.#refusal = undefined;
    log.warn(
      { exit: refusal === undefined ? exit : 'model.corrupt' },
      `the ${name} stopped${restart === 'always' ? ' and is replaced' : ''}`,
    );
    const start = this.#start;
    this.#start = openStart();
    start.reject(refusal === undefined ? fault(STOPPED) : new Fault('model.corrupt', { model, problem: refusal }));
    this.#unsent.clear();
    this.#requests.rejectAll(refusal === undefined ? STOPPED : REFUSED);
  }

  /** Gives the memory back when nobody has asked for a while. */
  #startIdleTimer(): void {
    const { idleMs } = this.#options;
    if (idleMs === undefined || this.#requests.size > 0 || this.#supervisor.isClosed) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#supervisor.retire(), idleMs).unref();
  }

  #sendAll(): void {
    if (this.#supervisor.current === undefined) return;
    for (const [id, generation] of this.#unsent) this.#send({ kind: 'generate', id, generation });
    this.#unsent.clear();
  }

  #send(message: ToModel): void {
    this.#supervisor.current?.send(message);
  }
}

const STOPPED = 'its process stopped';
const REFUSED = 'its model cannot be loaded';

function openStart(): Start {
  let resolve = (): void => {};
  let reject = (_: Fault): void => {};
  const promise = new Promise<void>((done, fail) => {
    resolve = done;
    reject = fail;
  });
  // A broken model must not end the server where nobody waits for it to be ready.
  promise.catch(() => {});
  return { promise, resolve, reject };
}

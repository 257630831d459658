import { Fault } from '../../protocol/index.ts';
import { BackOff } from '../core/schedule/back-off.ts';
import type { Log } from '../ports/log.ts';
import { PendingRequests } from '../process/pending-requests.ts';
import { Supervisor } from '../process/supervisor.ts';
import { WatchedProcess } from '../process/watched-process.ts';
import { locateModelProgram } from './model-program.ts';
import { type FromModel, type Generation, isFromModel, type ModelSetup, type ToModel } from './wire.ts';

export interface GgufProcessOptions {
  /** Owner of the process, for the log: `cleaner`. */
  readonly name: string;
  readonly modelName: string;
  readonly setup: ModelSetup;
  /**
   * `always`: the process starts at once and is replaced whenever it ends; requests in between are refused. `on-demand`: it starts
   * with the first request, which waits for it, and with the next request after it has ended.
   */
  readonly restart: 'always' | 'on-demand';
  /** Longest wait before the process is started again, ms; default 30 s. */
  readonly backOffMaxMs?: number | undefined;
  /** Creates the fault that a failed request is rejected with. */
  readonly fault: (problem: string) => Fault;
  /** Maximum number of waiting requests; more are refused with the problem `tooMany`. */
  readonly waitingMax: number;
  readonly tooMany: string;
  /** Longest wait for one text, ms; default: no limit. */
  readonly timeoutMs?: number | undefined;
  /** How long the process may take to end a request that was given up, ms; if it takes longer, it is replaced. */
  readonly cancelTimeoutMs: number;
  /** How long it may take to load the model, ms. */
  readonly startTimeoutMs: number;
  /** How long the process outlives its last request, ms; default: no limit. */
  readonly idleMs?: number | undefined;
  /** Time between two pings, and how many may be missed; defaults of `WatchedProcess`. */
  readonly pingEveryMs?: number | undefined;
  readonly pingsMissedMax?: number | undefined;
  /** A process that exceeds this is replaced. */
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
 * A GGUF model through llama.cpp in a process of its own. Each request is settled exactly once, whatever happens to the process.
 */
export class GgufProcess {
  readonly #options: GgufProcessOptions;
  readonly #requests: PendingRequests<string>;
  readonly #supervisor: Supervisor<WatchedProcess<FromModel>>;
  /** Requests that no process has received yet, in order. */
  readonly #unsent = new Map<number, Generation>();
  #start = openStart();
  /** Why the process could not load the model. May contain the file's name. */
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

  /** Whether a model is loaded. */
  get isRunning(): boolean {
    return this.#supervisor.current?.state === 'ready';
  }

  /** Resolves when the current process, or the next one, has loaded its model. Rejects with `model.corrupt` or `fault`. */
  ready(): Promise<void> {
    return this.#start.promise;
  }

  /** Generates a text. Rejects with `fault`. */
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

  /** Rejects waiting requests. Resolves when the process has ended. */
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
    // Requests that waited for the back-off are sent once this process is the current one.
    queueMicrotask(() => this.#sendAll());
    return process;
  }

  #read(message: FromModel, process: WatchedProcess<FromModel>): void {
    switch (message.kind) {
      case 'ready':
        return this.#start.resolve();
      case 'alive':
        // A process that always runs has proved itself by surviving its start; one on demand, by generating something.
        if (this.#options.restart === 'always') this.#supervisor.reportHealthy();
        return;
      case 'refused':
        this.#refusal = message.problem;
        // Clients read this, so it does not contain the file's name.
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
    log.warn({ pid: this.pid }, `the ${name} does not end a request that was given up, and is killed`);
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

  /** Ends the process, and so frees its memory, after a time without requests. */
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

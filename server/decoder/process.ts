import { constants, setPriority } from 'node:os';
import { Fault } from '../../protocol/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { ForkedProcess } from '../process/forked-process.ts';
import { PendingRequests } from '../process/pending-requests.ts';
import { resolveProgramPath } from '../process/program-path.ts';
import { type DecoderAnswer, type DecoderRequest, isFromChild } from './wire.ts';

/** One answer takes milliseconds; one that takes this long hangs, or was crafted to. */
const ANSWER_TIMEOUT_MS = 20_000;
/** Each stream of a process sends one request at a time. */
const WAITING_MAX = 64;

const ENDED = 'the decoder ended';
export const DECODABLE_KINDS =
  'WAV, MP3, M4A, MP4, MOV, WebM, MKV, OGG, Opus, FLAC, AAC, AIFF, CAF, AMR, WMA or another common format';

export interface DecodeProcessOptions {
  readonly log?: Log | undefined;
  /** Maximum time for one answer, ms; default 20 s. */
  readonly timeoutMs?: number | undefined;
  /** Decides when the next process may be started after a failed one; default the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Path of the child's main file, and the program that runs it; for tests. */
  readonly childPath?: string | undefined;
  readonly execPath?: string | undefined;
}

/**
 * Outcome of a start: the process answered a first request, or it ended before; `ended` when nobody wanted an answer
 * any more.
 */
export type StartOutcome = 'answered' | 'failed' | 'ended';

/**
 * A decoding process. Each request is answered once, or rejected with `audio.format`; with `decoder.failed` when the
 * process did not start, which says nothing about the audio. It is not pinged, because it decodes on its only thread; a
 * request that is not answered in time ends it. A replacement is a new object.
 */
export class DecodeProcess {
  readonly #process: ForkedProcess;
  readonly #requests: PendingRequests<DecoderAnswer>;
  #streams = 0;
  state: 'idle' | 'busy' = 'idle';
  #isKilled = false;
  #outcome: StartOutcome | undefined;

  readonly priority: 'batch' | 'live';
  /** Resolves when the system has ended the process, which is later than `isDead`. */
  readonly exited: Promise<void>;
  readonly startOutcome: Promise<StartOutcome>;
  #resolveStarted: (outcome: StartOutcome) => void = noop;

  /** A file can wait; live audio cannot. */
  constructor(priority: 'batch' | 'live', options: DecodeProcessOptions = {}) {
    this.priority = priority;
    let exited = noop;
    this.exited = new Promise((resolve) => {
      exited = resolve;
    });
    this.startOutcome = new Promise((resolve) => {
      this.#resolveStarted = resolve;
    });
    const { log = noLog, timeoutMs = ANSWER_TIMEOUT_MS, childPath, execPath } = options;
    this.#requests = new PendingRequests({
      ...{ max: WAITING_MAX, full: 'too many pieces of it wait', timeoutMs },
      fault: (problem) => this.#fault(problem),
      onGivenUp: () => this.#endFailed(),
    });
    this.#process = new ForkedProcess(
      { path: childPath ?? resolveProgramPath(import.meta.url, './child/main'), execPath, serialization: 'advanced' },
      log,
      {
        onMessage: (message) => {
          if (isFromChild(message)) {
            this.#settleStart('answered');
            return this.#requests.resolve(message.ask, message);
          }
          log.warn({ pid: this.#process.pid }, 'the decoder sent something that is not a message; it is killed');
          this.#endFailed();
        },
        onEnded: (exit) => {
          exited();
          if (!this.#isKilled) log.warn({ exit }, 'a decoder stopped');
          this.#settleStart('failed');
          this.#requests.rejectAll(ENDED);
        },
      },
    );
    if (priority === 'batch') lowerPriority(this.#process.pid);
  }

  get isDead(): boolean {
    return this.#isKilled || this.#process.hasEnded;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  nextStream(): number {
    return ++this.#streams;
  }

  async request(stream: number, request: DecoderRequest): Promise<Exclude<DecoderAnswer, { kind: 'failed' }>> {
    if (this.isDead) throw this.#fault(ENDED);
    const answer = await this.#requests.open((ask) => this.#process.send({ stream, ask, ...request }));
    if (answer.kind !== 'failed') return answer;
    throw createFormatFault(answer.problem);
  }

  /** Marks the process idle; it no longer keeps the server running. */
  markIdle(): void {
    this.state = 'idle';
    this.#process.setKeepsParentAlive(false);
  }

  markBusy(): void {
    this.state = 'busy';
    this.#process.setKeepsParentAlive(true);
  }

  /** Ends the process because nobody needs it. */
  kill(): void {
    this.#settleStart('ended');
    this.#end();
  }

  /** Ends the process because it does not work. */
  #endFailed(): void {
    this.#settleStart('failed');
    this.#end();
  }

  #end(): void {
    this.#isKilled = true;
    this.#process.kill();
    this.#requests.rejectAll(ENDED);
  }

  #settleStart(outcome: StartOutcome): void {
    this.#outcome ??= outcome;
    this.#resolveStarted(this.#outcome);
  }

  #fault(problem: string): Fault {
    return this.#outcome === 'failed' ? new Fault('decoder.failed', {}) : createFormatFault(problem);
  }
}

const createFormatFault = (problem: string): Fault =>
  new Fault('audio.format', { got: `that cannot be decoded (${problem})`, want: DECODABLE_KINDS });

const noop = (): void => {};
const noLog: Log = { debug: noop, info: noop, warn: noop, error: noop };

/** Best effort: nothing is lost where the system refuses. */
function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {}
}

import { constants, setPriority } from 'node:os';
import { Fault } from '../../protocol/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { ForkedProcess } from '../process/forked-process.ts';
import { PendingRequests } from '../process/pending-requests.ts';
import { resolveProgramPath } from '../process/program-path.ts';
import { type DecoderAnswer, type DecoderRequest, isFromChild } from './wire.ts';

/** One answer takes milliseconds; what takes this long hangs, or was made to. */
const ANSWER_TIMEOUT_MS = 20_000;
/** Each of a process' streams asks one thing at a time. */
const WAITING_MAX = 64;

const ENDED = 'the decoder ended';
export const DECODABLE_KINDS = 'WAV, MP3, M4A, MP4, OGG, Opus, WebM, FLAC, AAC or AMR';

export interface DecodeProcessOptions {
  readonly log?: Log | undefined;
  /** Longest wait for one answer, ms; default 20 s. */
  readonly timeoutMs?: number | undefined;
  /** Tells when a next process may be started after one that failed; default the machine's. */
  readonly clock?: Clock | undefined;
  /** Path of the child's main file, and the program that runs it; tests give others. */
  readonly childPath?: string | undefined;
  readonly execPath?: string | undefined;
}

/** What became of a start: it answered a first question, or it ended without; `ended` when nobody wanted an answer any more. */
export type StartOutcome = 'answered' | 'failed' | 'ended';

/**
 * A decoding process. Each question is answered once, or with `audio.format`; with `decoder.failed` when the process did
 * not come up, which says nothing about the audio. It is not pinged, because it decodes on its only thread: a question
 * that is not answered in time ends it. Who needs another one starts another.
 */
export class DecodeProcess {
  readonly #process: ForkedProcess;
  readonly #requests: PendingRequests<DecoderAnswer>;
  #streams = 0;
  state: 'resting' | 'busy' = 'resting';
  #isKilled = false;
  #outcome: StartOutcome | undefined;

  readonly manner: 'file' | 'live';
  /** Resolves when the system has ended the process, which is later than `dead`. */
  readonly gone: Promise<void>;
  readonly started: Promise<StartOutcome>;
  #tellStart: (outcome: StartOutcome) => void = nothing;

  /** What comes in one piece can wait; what somebody says now cannot. */
  constructor(manner: 'file' | 'live', options: DecodeProcessOptions = {}) {
    this.manner = manner;
    let gone = nothing;
    this.gone = new Promise((resolve) => {
      gone = resolve;
    });
    this.started = new Promise((resolve) => {
      this.#tellStart = resolve;
    });
    const { log = noLog, timeoutMs = ANSWER_TIMEOUT_MS, childPath, execPath } = options;
    this.#requests = new PendingRequests({
      ...{ max: WAITING_MAX, full: 'too many pieces of it wait', timeoutMs },
      fault: (problem) => this.#fault(problem),
      onGivenUp: () => this.#fail(),
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
          log.warn({ pid: this.#process.pid }, 'the decoder sent an invalid message and is killed');
          this.#fail();
        },
        onEnded: (exit) => {
          gone();
          if (!this.#isKilled) log.warn({ exit }, 'a decoder stopped');
          this.#settleStart('failed');
          this.#requests.rejectAll(ENDED);
        },
      },
    );
    if (manner === 'file') lowerPriority(this.#process.pid);
  }

  get dead(): boolean {
    return this.#isKilled || this.#process.hasEnded;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  nextStream(): number {
    return ++this.#streams;
  }

  async ask(stream: number, question: DecoderRequest): Promise<Exclude<DecoderAnswer, { kind: 'failed' }>> {
    if (this.dead) throw this.#fault(ENDED);
    const answer = await this.#requests.open((ask) => this.#process.send({ stream, ask, ...question }));
    if (answer.kind !== 'failed') return answer;
    throw undecodable(answer.problem);
  }

  /** The server may stop although this waits for work. */
  rest(): void {
    this.state = 'resting';
    this.#process.setKeepsParentAlive(false);
  }

  wake(): void {
    this.state = 'busy';
    this.#process.setKeepsParentAlive(true);
  }

  /** Ends it because nobody needs it. */
  kill(): void {
    this.#settleStart('ended');
    this.#end();
  }

  /** It does not do what it is for. */
  #fail(): void {
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
    this.#tellStart(this.#outcome);
  }

  #fault(problem: string): Fault {
    return this.#outcome === 'failed' ? new Fault('decoder.failed', {}) : undecodable(problem);
  }
}

const undecodable = (problem: string): Fault =>
  new Fault('audio.format', { got: `that cannot be decoded (${problem})`, want: DECODABLE_KINDS });

const nothing = (): void => {};
const noLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** A favour to others: where the system does not grant it nothing is lost. */
function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {}
}

import { Fault } from '../../protocol/index.ts';
import type { GateThresholds } from '../core/speech/gate.ts';
import type { SpeechModel, SpeechProbe } from '../ports/speech-model.ts';

/** Windows per run; more wait for the next. 64 take about 13 ms. */
const BATCH_MAX = 64;
/** Windows that may wait before a probe is refused: ten seconds of 32 streams. */
const WAITING_MAX = 10_000;

/** One window of one stream, with what the network remembers of that stream. */
export interface StreamWindow<State> {
  readonly state: State;
  /** 512 samples. */
  readonly window: Float32Array;
}

/** A network that evaluates windows of several streams in one run. `State` is what it remembers of a stream. */
export interface VadNetwork<State> {
  /** The state at the start of a stream. */
  createState(): State;
  /** Returns the probability of speech in each window, and updates each state. A batch holds a stream at most once. */
  evaluate(batch: readonly StreamWindow<State>[]): Promise<ArrayLike<number>>;
  close(): Promise<void>;
}

interface WaitingWindow<State> extends StreamWindow<State> {
  resolve(probability: number): void;
  reject(error: unknown): void;
}

/** A network that all streams share: the windows that wait are evaluated together, each with the state of its stream. */
export class BatchedModel<State> implements SpeechModel {
  readonly thresholds: GateThresholds;
  readonly #network: VadNetwork<State>;
  #waiting: WaitingWindow<State>[] = [];
  #isRunning = false;
  #isClosed = false;

  constructor(network: VadNetwork<State>, thresholds: GateThresholds) {
    this.thresholds = thresholds;
    this.#network = network;
  }

  openProbe(): SpeechProbe {
    const state = this.#network.createState();
    return {
      computeProbability: (window) => this.#enqueue(state, window),
      close: () => {},
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(createBusyFault());
    await this.#network.close();
  }

  #enqueue(state: State, window: Float32Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed || this.#waiting.length >= WAITING_MAX) {
        reject(createBusyFault());
        return;
      }
      this.#waiting.push({ state, window, resolve, reject });
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const batch = this.#waiting.splice(0, BATCH_MAX);
      try {
        const probabilities = await this.#network.evaluate(batch);
        for (const [i, { resolve }] of batch.entries()) resolve(probabilities[i]!);
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    this.#isRunning = false;
  }
}

function createBusyFault(): Fault {
  return new Fault('engine.busy', { waiting: WAITING_MAX });
}

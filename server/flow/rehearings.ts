import { Fault, isFault, LIMITS, type Rehearing, type StoredTranscript } from '../../protocol/index.ts';
import { errorCode } from '../core/errors/error-code.ts';
import { selectHearingModels } from '../core/second-hearing/hearing-models.ts';
import { selectKeptSentences, sumDurations } from '../core/second-hearing/stored-stretches.ts';
import type { PipelineOptions } from '../core/session/settings.ts';
import type { Log } from '../ports/log.ts';
import type { TranscriptStore } from '../ports/transcripts.ts';
import { RehearingJob, type RehearingJobParts } from './rehearing-job.ts';
import { toStoreFault } from './store-fault.ts';

/** The speech models that may hear transcripts again. */
export interface HearingModelSource {
  /** With `second` of that name; undefined selects what live sentences are heard again with. Throws `rehear.*`. */
  select(name: string | undefined): PipelineOptions['models'];
  /** Resolves when they can decode. Rejects with a fault. */
  load(models: PipelineOptions['models'], signal: AbortSignal): Promise<void>;
  /** Frees what `load` took. */
  release(): Promise<void>;
}

export interface RehearingsParts extends RehearingJobParts {
  readonly models: HearingModelSource;
  /** Whether a session of a transcript is still being recorded. */
  readonly isOpen: (transcript: string, part: number) => boolean;
  readonly log: Log;
}

export interface RehearingRequest {
  readonly store: TranscriptStore;
  readonly owner: string;
  readonly transcript: string;
  /** Name of a speech model. */
  readonly model?: string | undefined;
}

interface Entry {
  readonly request: RehearingRequest;
  readonly models: PipelineOptions['models'];
  readonly abort: AbortController;
  /** For the client. */
  state: Rehearing;
}

/** Jobs that are over and whose state can be asked for; the oldest are forgotten. */
const OVER_MAX = 200;

const isUnderWay = ({ state: { state } }: Entry): boolean => state === 'waiting' || state === 'running';

/**
 * Hears stored transcripts again, one at a time, in the order in which they were asked for. The jobs live in memory: those of a
 * process that ends are over with it, and what they have revised stays.
 */
export class Rehearings {
  readonly #parts: RehearingsParts;
  /** By transcript, the oldest first. */
  readonly #entries = new Map<string, Entry>();
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: RehearingsParts) {
    this.#parts = parts;
  }

  /**
   * Begins a job, or returns the one of that transcript that is under way. Rejects with `rehear.*`, `transcript.unknown`, and
   * what the store throws.
   */
  async start(request: RehearingRequest): Promise<Rehearing> {
    const { store, owner, transcript, model } = request;
    const stored = await store.read(owner, transcript);
    if (stored === undefined) throw new Fault('transcript.unknown', { what: 'transcript' });
    if (this.#isClosed) throw new Fault('server.draining', {});
    const models = this.#parts.models.select(model);
    const name = model === undefined ? formatModels(models, stored) : models.second!.name;
    const known = this.#find(owner, transcript);
    if (known !== undefined && isUnderWay(known)) {
      if (known.state.model === name) return known.state;
      throw new Fault('rehear.busy', { model: known.state.model, got: name });
    }
    const totalMs = this.#measure(stored, model === undefined ? undefined : models.second);
    this.#checkLimits(owner);
    const state = { id: transcript, state: 'waiting', model: name, doneMs: 0, totalMs, revised: 0 } as const;
    const entry: Entry = { request, models, abort: new AbortController(), state };
    // Behind the others, also when this transcript was heard again before.
    this.#entries.delete(transcript);
    this.#entries.set(transcript, entry);
    this.#forgetOldest();
    this.#startNext();
    return entry.state;
  }

  /** The latest job of a transcript. Throws `rehear.unknown`. */
  read(owner: string, transcript: string): Rehearing {
    return this.#get(owner, transcript).state;
  }

  /** Stops a job that is under way; what it has revised stays. Throws `rehear.unknown`. */
  stop(owner: string, transcript: string): Rehearing {
    const entry = this.#get(owner, transcript);
    this.#stop(entry);
    return entry.state;
  }

  /** A transcript is deleted: nothing is known of its jobs. */
  forget(owner: string, transcript: string): void {
    const entry = this.#find(owner, transcript);
    if (entry === undefined) return;
    this.#stop(entry);
    this.#entries.delete(transcript);
  }

  /** Stops all. Resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const entry of this.#entries.values()) this.#stop(entry);
    await this.#running;
  }

  #get(owner: string, transcript: string): Entry {
    const entry = this.#find(owner, transcript);
    if (entry === undefined) throw new Fault('rehear.unknown', {});
    return entry;
  }

  #find(owner: string, transcript: string): Entry | undefined {
    const entry = this.#entries.get(transcript);
    return entry?.request.owner === owner ? entry : undefined;
  }

  /** Length of what can be heard again, ms. */
  #measure(stored: StoredTranscript, named: PipelineOptions['models']['second']): number {
    const select = (isOpen: (part: number) => boolean) =>
      selectKeptSentences(stored, isOpen).flatMap(({ sentences }) => sentences);
    if (select(() => false).length === 0) throw new Fault('rehear.audio', {});
    const sentences = select((part) => this.#parts.isOpen(stored.id, part));
    if (sentences.length === 0) throw new Fault('rehear.recording', {});
    if (named?.isMultilingual === false && sentences.every(({ language }) => language !== 'en'))
      throw new Fault('command.option', { name: 'model', got: named.name, want: 'one that knows more than English' });
    return sumDurations(sentences);
  }

  #checkLimits(owner: string): void {
    const waiting = [...this.#entries.values()].filter(isUnderWay);
    const own = waiting.filter(({ request }) => request.owner === owner).length;
    if (own >= LIMITS.rehearingsPerKeyMax) throw new Fault('rehear.full', { waiting: own, of: 'key' });
    if (waiting.length >= LIMITS.rehearingsMax)
      throw new Fault('rehear.full', { waiting: waiting.length, of: 'server' });
  }

  #forgetOldest(): void {
    const over = [...this.#entries].filter(([, entry]) => !isUnderWay(entry));
    for (const [transcript] of over.slice(0, Math.max(0, over.length - OVER_MAX))) this.#entries.delete(transcript);
  }

  #stop(entry: Entry): void {
    if (!isUnderWay(entry)) return;
    entry.state = { ...entry.state, state: 'stopped' };
    entry.abort.abort();
  }

  #startNext(): void {
    if (this.#running !== undefined || this.#isClosed) return;
    const next = [...this.#entries.values()].find(({ state: { state } }) => state === 'waiting');
    if (next === undefined) return;
    this.#running = this.#run(next).finally(() => {
      this.#running = undefined;
      this.#startNext();
    });
  }

  /** Never rejects. */
  async #run(entry: Entry): Promise<void> {
    const { request, models, abort } = entry;
    const { signal } = abort;
    const { isOpen } = this.#parts;
    entry.state = { ...entry.state, state: 'running' };
    const job = new RehearingJob(this.#parts, {
      ...{ ...request, models, signal, isOpen: (part) => isOpen(request.transcript, part) },
      onProgress: (progress) => {
        entry.state = { ...entry.state, ...progress };
      },
    });
    try {
      await this.#parts.models.load(models, signal);
      await job.run();
      if (!signal.aborted) entry.state = { ...entry.state, state: 'done' };
    } catch (error) {
      if (!signal.aborted) entry.state = { ...entry.state, state: 'failed', error: this.#describe(error) };
    } finally {
      await this.#parts.models.release().catch(() => {});
    }
  }

  #describe(error: unknown): NonNullable<Rehearing['error']> {
    const { code, message, data } = this.#toFault(error);
    return { ...data, code, message };
  }

  #toFault(error: unknown): Fault {
    if (isFault(error)) return error;
    const code = errorCode(error);
    this.#parts.log.error({ code, err: error }, 'a stored transcript could not be heard again');
    return toStoreFault(error) ?? new Fault('rehear.failed', { problem: code }, { cause: error });
  }
}

/** The name of the models that hear a transcript in its main language. */
const formatModels = (models: PipelineOptions['models'], { language }: StoredTranscript): string =>
  selectHearingModels(language, { model: undefined }, models).name;

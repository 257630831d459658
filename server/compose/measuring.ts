import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getEmbeddedFolder } from '../../models/locate.ts';
import { describeFile, getRankedModel, listPresentModels, type RankedModel } from '../../models/present.ts';
import type { Config } from '../config/options.ts';
import { describeBetterModel, describeChoice, describeStreams } from '../core/capacity/describe.ts';
import { findMeasurement } from '../core/capacity/measurement.ts';
import { getStreamLimits } from '../core/capacity/stream-limits.ts';
import { StreamSearch } from '../core/capacity/stream-search.ts';
import { estimateStreamCapacity } from '../core/schedule/load.ts';
import { resolveSettings } from '../core/session/resolve-settings.ts';
import { BusyProcessor } from '../engine/busy-processor.ts';
import { findShape, measureShapes } from '../engine/shape-cost.ts';
import { createWarmUpJob, WARM_UP_S } from '../engine/warm-up.ts';
import { FIRST_JOB, tryStreams } from '../flow/capacity-trial.ts';
import { IdleWork } from '../flow/idle-work.ts';
import type { SessionParts } from '../flow/live-session.ts';
import type { Log } from '../ports/log.ts';
import type { MeasurementFile } from '../store/measurement-file.ts';
import { keep, type MeasuredModels, type RunningModel } from './measured-models.ts';
import type { Monitoring } from './monitoring.ts';

/** How long nobody has used the server before something is measured, ms. */
const IDLE_MS = 5_000;
/** Share of the cores' time that other programs may take while something is measured, 0-1. */
const BUSY_MAX = 0.25;
/** After so many waits, five minutes, the streams beside those programs are counted, for this run of the server alone. */
const BUSY_WAITS_MAX = 60;
const WAV_HEADER_BYTES = 44;
/** Decodes of the tone whose shortest time counts. */
const DECODES = 5;
/** Models whose cost is of interest to people who have not pulled them. */
const BETTER_MODELS = ['small-q8_0', 'large-v3-turbo-q8_0'];

/** What measures; tests replace it. */
export interface MeasuringTools {
  readonly tryStreams: typeof tryStreams;
  readonly measureShapes: typeof measureShapes;
  /** Share of the cores' time that was used since the last call, 0-1. */
  readonly readBusyShare: () => number;
}

export interface MeasuringParts {
  readonly config: Config;
  /** Whether `--model auto` chooses, so that other models matter, too. */
  readonly isChoosing: boolean;
  readonly models: MeasuredModels;
  readonly parts: SessionParts;
  readonly recogniser: Parameters<typeof tryStreams>[1]['recogniser'];
  readonly file: MeasurementFile;
  readonly monitoring: Pick<Monitoring, 'clock' | 'reportBug'>;
  readonly log: Log;
  /** Prints a line. */
  readonly report: (line: string) => void;
}

/**
 * What this server knows of the machine, and the work that finds out the rest while nobody uses the server: how many streams
 * each running model allows, and what better models would cost.
 */
export class Measuring {
  readonly #options: MeasuringParts;
  readonly #tools: MeasuringTools;
  readonly #running: RunningModel[];
  /** By place in `#running`: what a session broke off goes on where it was. */
  readonly #searches = new Map<number, StreamSearch>();
  #work: IdleWork | undefined;
  /** Whether other programs use the machine, and how often that was waited for. */
  #isBusy = false;
  #busyWaits = 0;

  constructor(options: MeasuringParts, tools: MeasuringTools = openTools()) {
    this.#options = options;
    this.#tools = tools;
    const { own, small } = options.models;
    this.#running = small === undefined ? [own] : [own, small];
  }

  /** Live streams with the server's own model; undefined while that is not known. */
  get streams(): number | undefined {
    return this.#running[0]!.streams;
  }

  /** A line for people: the number of streams, as measured, or what is known until then. */
  get streamsText(): string {
    const known = describeStreams(this.#running);
    if (known !== undefined)
      return `${known}, as measured on this machine${this.#isBusy ? ' beside the programs that it runs; the next start measures again' : ''}`;
    const guess = estimateStreamCapacity(this.#running[0]!.realTimeFactor);
    if (!this.#canMeasure) return `about ${guess} live, guessed by the time of one decode`;
    return `measuring how many this machine carries, while nobody uses it; until then, about ${guess} are a guess`;
  }

  /** Why the model was chosen; undefined when the operator did. */
  get choiceText(): string | undefined {
    const { isChoosing, models } = this.#options;
    if (!isChoosing) return undefined;
    return describeChoice(models.own.decodeS, models.isEnglishSmall ? models.small?.model : undefined);
  }

  /** What better models would give, a line each. */
  get betterTexts(): string[] {
    return this.#better.flatMap((model) => {
      const decodeS = this.#findCost(model);
      return decodeS === undefined && !this.#canMeasure
        ? []
        : [describeBetterModel(model.name, decodeS, model.isPresent)];
    });
  }

  /** Begins to measure what is missing. */
  start(): void {
    const { monitoring, parts } = this.#options;
    if (!this.#canMeasure || (!this.#isStreamMissing && !this.#isCostMissing)) return;
    const work = new IdleWork({
      clock: monitoring.clock,
      isIdle: () => {
        // Read each time, so that it covers the time since the last question.
        this.#isBusy = this.#tools.readBusyShare() > BUSY_MAX;
        // What this server's own sessions use says nothing of other programs.
        if (parts.registry.size > 0) return false;
        if (this.#isBusy) this.#busyWaits++;
        return !this.#isBusy || this.#busyWaits > BUSY_WAITS_MAX;
      },
      run: (signal) => this.#measure(signal),
      waitMs: IDLE_MS,
    });
    parts.registry.watchAdditions(() => work.giveWay());
    this.#work = work;
  }

  async close(): Promise<void> {
    await this.#work?.close();
  }

  /** The prebuilt binding cannot be stopped, so that a session would wait for it. */
  get #canMeasure(): boolean {
    const { config, parts } = this.#options;
    return config.measure && parts.engine !== 'stock';
  }

  get #isStreamMissing(): boolean {
    return this.#running.some(({ streams }) => streams === undefined);
  }

  get #isCostMissing(): boolean {
    return this.#better.some((model) => this.#findCost(model) === undefined);
  }

  /** Better models for all languages than the one that runs. */
  get #better(): RankedModel[] {
    const { isChoosing, models } = this.#options;
    if (!isChoosing) return [];
    const { size } = getRankedModel(models.own.model);
    const present = listPresentModels().filter((model) => model.multilingual && model.size > size);
    const others = BETTER_MODELS.map(getRankedModel).filter((model) => model.size > size && !model.isPresent);
    return [...present, ...others];
  }

  #findCost({ name, path }: RankedModel): number | undefined {
    const { file, models } = this.#options;
    return findMeasurement(file.read(), models.on, { model: name, file: describeFile(path) })?.decodeS;
  }

  async #measure(signal: AbortSignal): Promise<'done' | 'stopped' | 'failed'> {
    const { report } = this.#options;
    const wasMissing = this.#isStreamMissing;
    for (const [n, model] of this.#running.entries()) {
      if (model.streams !== undefined) continue;
      await this.#measureDecode(n, signal);
      const outcome = await this.#measureStreams(n, signal);
      if (outcome !== 'done') return outcome;
    }
    if (wasMissing) report(`  streams  ${this.streamsText}`);
    return this.#measureBetterModels(signal);
  }

  /** Again, because the machine was busy with the start when the worker did. Keeps the shortest time. */
  async #measureDecode(n: number, signal: AbortSignal): Promise<void> {
    const { models, file, log, recogniser, monitoring } = this.#options;
    const running = this.#running[n]!;
    let bestMs = running.decodeS * 1_000;
    for (let run = 0; run < DECODES && !signal.aborted; run++) {
      const startMs = monitoring.clock.nowMs();
      const answer = await recogniser.decode({ ...createWarmUpJob(), id: FIRST_JOB - 1 - run, model: running.model });
      if (answer.kind === 'hypothesis') bestMs = Math.min(bestMs, monitoring.clock.nowMs() - startMs);
    }
    if (signal.aborted || bestMs <= 0 || bestMs >= running.decodeS * 1_000) return;
    const decodeS = bestMs / 1_000;
    this.#running[n] = { ...running, decodeS, realTimeFactor: decodeS / WARM_UP_S };
    keep(file, { ...models.on, model: running.model, file: running.file, decodeS }, log);
  }

  async #measureStreams(n: number, signal: AbortSignal): Promise<'done' | 'stopped' | 'failed'> {
    const { parts, config, models, file, log, monitoring, recogniser } = this.#options;
    const running = this.#running[n]!;
    const { model, realTimeFactor } = running;
    // Finals alone are the least that a stream needs; half of the guess is soon tried.
    const search = this.#searches.get(n) ?? new StreamSearch(estimateStreamCapacity(realTimeFactor) / 2);
    this.#searches.set(n, search);
    const outcome = await this.#tools.tryStreams(
      search,
      {
        ...{ recogniser, realTimeFactor, speechModel: parts.speechModel, cleaners: parts.cleaners },
        turnDetector: parts.turnDetector,
        ...{ clock: monitoring.clock, reportBug: monitoring.reportBug, cleanTimeoutMs: parts.cleanTimeoutMs },
        pipeline: parts.pipeline,
        settings: resolveSettings({ type: 'start', language: 'en', model, revise: false }, parts.offer),
        partialIntervalMs: config['partial-every-ms'],
        speech: readFileSync(join(getEmbeddedFolder(), 'trial-speech.wav')).subarray(WAV_HEADER_BYTES),
        limits: getStreamLimits(model),
      },
      signal,
    );
    if (outcome !== 'carried') return outcome;
    const { streams, isLeast } = search.result;
    this.#running[n] = { ...running, streams, isLeast };
    if (!this.#isBusy) keep(file, { ...models.on, model, file: running.file, streams, isLeast }, log);
    return 'done';
  }

  /** By the ratio to the running model with random weights, too, because a machine is never twice as quick in the same way. */
  async #measureBetterModels(signal: AbortSignal): Promise<'done' | 'stopped' | 'failed'> {
    const { models, file, log, report } = this.#options;
    const missing = this.#better.filter((model) => this.#findCost(model) === undefined);
    const ownPath = getRankedModel(models.own.model).path;
    const shapes = [{ name: models.own.model, path: ownPath }, ...missing].map(({ name, path }) =>
      findShape(name, path),
    );
    if (missing.length === 0 || shapes.includes(undefined)) return 'done';
    const costs = await this.#tools.measureShapes(
      shapes.map((shape) => shape!),
      { log, signal },
    );
    if (signal.aborted) return 'stopped';
    if (costs === undefined) return 'failed';
    for (const [n, { name, path, isPresent }] of missing.entries()) {
      const decodeS = (models.own.decodeS * costs[n + 1]!) / costs[0]!;
      keep(file, { ...models.on, model: name, file: describeFile(path), decodeS, isEstimate: true }, log);
      report(`  better   ${describeBetterModel(name, decodeS, isPresent)}`);
    }
    return 'done';
  }
}

function openTools(): MeasuringTools {
  const processor = new BusyProcessor();
  return { tryStreams, measureShapes, readBusyShare: () => processor.readShare() };
}

import { statSync } from 'node:fs';
import { freemem } from 'node:os';
import { getRankedModel, listPresentModels } from '../../models/present.ts';
import { findModel } from '../../models/registry.ts';
import { Fault } from '../../protocol/index.ts';
import type { Config } from '../config/options.ts';
import type { PipelineOptions } from '../core/session/settings.ts';
import { ExtraModelRecogniser } from '../engine/extra-model.ts';
import { WorkerPool } from '../engine/pool.ts';
import { IdleDecoder } from '../flow/idle-decoder.ts';
import type { SessionParts } from '../flow/live-session.ts';
import { type HearingModelSource, Rehearings } from '../flow/rehearings.ts';
import type { TranscriptRecorder } from '../flow/transcript-recorder.ts';
import type { Log } from '../ports/log.ts';
import type { RecogniserInfo } from '../ports/recogniser.ts';
import type { Engines } from './engines.ts';

/** A decode of a large model on a slow machine, ms. */
const DECODE_TIMEOUT_MS = 600_000;
/** Memory that a model takes beside its file, MB, and as a multiple of it. */
const MEMORY_MB = 300;
const MEMORY_FACTOR = 1.1;
const MEGABYTE = 1_048_576;

/** The server's recogniser, which loads one more model while a transcript is heard again with it. */
export function createExtraModelRecogniser(config: Config, { recogniser }: Engines, log: Log): ExtraModelRecogniser {
  return new ExtraModelRecogniser({
    main: recogniser,
    open: ({ name, path }) =>
      new WorkerPool({
        ...{ modelName: name, modelPath: path, engine: 'native', slots: 1, isMeasured: false, log },
        ...{ decodeTimeoutMs: DECODE_TIMEOUT_MS, workerMemoryMbMax: config['worker-memory-mb'] },
      }),
  });
}

/** Creates what hears stored transcripts again. */
export function createRehearings({
  parts,
  engines,
  recogniser,
  recorder,
}: {
  readonly parts: SessionParts;
  readonly engines: Engines;
  readonly recogniser: ExtraModelRecogniser;
  readonly recorder: TranscriptRecorder;
}): Rehearings {
  const { scheduler } = parts;
  return new Rehearings({
    ...parts,
    decoder: new IdleDecoder({ session: 'rehearings', scheduler }),
    models: new HearingModels({ own: parts.pipeline.models, info: engines.info, recogniser }),
    isOpen: (transcript, part) => recorder.isOpen(transcript, part),
  });
}

interface HearingModelsParts {
  readonly own: PipelineOptions['models'];
  readonly info: RecogniserInfo;
  readonly recogniser: Pick<ExtraModelRecogniser, 'load' | 'unload'>;
  /** Memory that is free, bytes; for tests. */
  readonly countFreeBytes?: () => number;
}

/** The models that are loaded, and those of the models folder. */
export class HearingModels implements HearingModelSource {
  readonly #parts: HearingModelsParts;

  constructor(parts: HearingModelsParts) {
    this.#parts = parts;
  }

  select(name: string | undefined): PipelineOptions['models'] {
    if (this.#parts.info.engine === 'stock')
      throw new Fault('rehear.absent', {
        problem: 'the prebuilt engine cannot stop a decode when somebody speaks; build the native one',
      });
    if (name === undefined) return this.#parts.own;
    const loaded = this.#loaded.find(({ model }) => model === name);
    if (loaded !== undefined) return { ...this.#parts.own, second: { name, isMultilingual: loaded.multilingual } };
    const model = findModel(name);
    const present = [
      ...new Set(
        [...this.#loaded, ...listPresentModels().map((each) => ({ model: each.name }))].map((each) => each.model),
      ),
    ];
    if (model?.kind !== 'speech') throw new Fault('rehear.model', { model: name, present, isKnown: false });
    const { isPresent, multilingual, path } = getRankedModel(model.name);
    if (!isPresent) throw new Fault('rehear.model', { model: model.name, present, isKnown: true });
    this.#checkMemory(model.name, path);
    return { ...this.#parts.own, second: { name: model.name, isMultilingual: multilingual } };
  }

  async load({ second }: PipelineOptions['models'], signal: AbortSignal): Promise<void> {
    if (second === undefined || this.#loaded.some(({ model }) => model === second.name)) return;
    const { path } = getRankedModel(second.name);
    this.#checkMemory(second.name, path);
    await this.#parts.recogniser.load({ name: second.name, path }, signal);
  }

  release(): Promise<void> {
    return this.#parts.recogniser.unload();
  }

  get #loaded(): readonly { readonly model: string; readonly multilingual: boolean }[] {
    const { info } = this.#parts;
    return [info, info.small, info.second].filter((each) => each !== undefined);
  }

  /** A model that does not fit would take the memory of live sessions. */
  #checkMemory(model: string, path: string): void {
    const { countFreeBytes = () => process.availableMemory?.() ?? freemem() } = this.#parts;
    const needMb = Math.ceil((MEMORY_FACTOR * statSync(path).size) / MEGABYTE) + MEMORY_MB;
    const freeMb = Math.floor(countFreeBytes() / MEGABYTE);
    if (freeMb < needMb) throw new Fault('rehear.memory', { model, needMb, freeMb });
  }
}

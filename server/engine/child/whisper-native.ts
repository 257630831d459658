import type { Hypothesis } from '../../core/hypothesis.ts';
import { computeCompressionRatio, loadNative, NativeModel, type RunningDecode } from '../native/binding.ts';
import type { WireJob, WorkerSetup } from '../wire.ts';
import type { ChildEngine } from './engine.ts';
import { toAbsoluteWords } from './words.ts';

/** Our own addon: fitted windows, many decodes over one set of weights, real abort. */
export class NativeEngine implements ChildEngine {
  readonly name = 'native';
  readonly slots: number;
  readonly #setup: WorkerSetup;
  readonly #model: NativeModel;
  readonly #running = new Map<number, RunningDecode>();

  constructor(setup: WorkerSetup) {
    this.#setup = setup;
    this.slots = setup.slots;
    this.#model = NativeModel.load(setup.modelPath);
  }

  get multilingual(): boolean {
    return this.#model.info.multilingual;
  }

  get detail(): string {
    const { kernels } = loadNative().diagnostics;
    return `${kernels} kernels, ${this.#setup.cores} threads alone, one each when decodes compete`;
  }

  countSteps(): Record<number, number> {
    return Object.fromEntries([...this.#running].map(([job, running]) => [job, running.steps()]));
  }

  async decode(job: WireJob, threads: number, signal: AbortSignal): Promise<Hypothesis> {
    const started = performance.now();
    const { finalWindowFloor, partialWindowFloor, beamSize, temperatures } = this.#setup;
    const defaults =
      job.kind === 'final'
        ? { windowFloor: finalWindowFloor, beamSize, temperatures }
        : { windowFloor: partialWindowFloor, beamSize: 1, temperatures: [0] };
    const running = this.#model.begin({
      samples: job.samples,
      language: this.multilingual ? job.language : 'en',
      languages: job.languages,
      task: job.task,
      prompt: job.prompt,
      promptLanguage: job.promptLanguage ?? '',
      prefix: job.prefix,
      draft: job.draft ?? '',
      windowFloor: job.windowFloor ?? defaults.windowFloor,
      beamSize: job.beamSize ?? defaults.beamSize,
      temperatures: job.temperatures ?? defaults.temperatures,
      threads,
      wordTimes: true,
      signal,
    });
    this.#running.set(job.id, running);
    const decode = await running.result.finally(() => this.#running.delete(job.id));
    return {
      words: toAbsoluteWords(decode.words, job.fromSample, job.samples.length),
      language: decode.language,
      languageProbability: decode.languageProbability,
      ...(job.language === 'auto' && this.multilingual ? { languageProbabilities: decode.languageProbabilities } : {}),
      noSpeech: decode.noSpeech,
      averageLogProbability: decode.averageLogProbability,
      compressionRatio: computeCompressionRatio(decode.words.map((word) => word.text).join(' ')),
      stop: decode.stop,
      decodeMs: performance.now() - started,
    };
  }
}

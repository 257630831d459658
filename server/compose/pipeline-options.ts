import type { Config } from '../config/options.ts';
import { PIPELINE, type PipelineOptions } from '../core/session/settings.ts';
import type { GateThresholds } from '../core/speech/gate.ts';

/** What of the parts in use the pipeline depends on. */
export interface PipelineParts {
  /** Those of the voice activity detector. */
  readonly thresholds: GateThresholds;
  readonly hasTurnDetector: boolean;
}

/** Converts the configuration into the options of the pipeline. */
export function buildPipelineOptions(config: Config, { thresholds, hasTurnDetector }: PipelineParts): PipelineOptions {
  return {
    vad: {
      ...PIPELINE.vad,
      ...chooseThresholds(config, thresholds),
      minSpeechMs: config['min-speech-ms'],
    },
    endpoint: {
      ...PIPELINE.endpoint,
      speculativeMs: config['speculative-ms'],
      minMs: config['endpoint-min-ms'],
      maxMs: config['endpoint-max-ms'],
      completeMs: config['endpoint-complete-ms'],
      incompleteMs: config['endpoint-incomplete-ms'],
    },
    turn: hasTurnDetector ? PIPELINE.turn : undefined,
    commit: {
      policy: config.commit as PipelineOptions['commit']['policy'],
      chance: config['commit-chance'],
      patience: PIPELINE.commit.patience,
      patienceMs: PIPELINE.commit.patienceMs,
      edgeMs: config['commit-edge-ms'],
      earlyConfidence: config['commit-confidence'],
      earlyMs: config['commit-early-ms'],
      leastMs: PIPELINE.commit.leastMs,
    },
    show: { ...PIPELINE.show, chance: config['show-chance'] },
    sentenceEnd: PIPELINE.sentenceEnd,
    segment: { softMs: config['segment-soft-ms'], hardMs: config['segment-hard-ms'] },
    secondHearing: PIPELINE.secondHearing,
    ringSeconds: PIPELINE.ringSeconds,
    partialEveryMs: config['partial-every-ms'],
    contextChars: config['context-chars'],
    leftContext: PIPELINE.leftContext,
    forcedPrefix: config['forced-prefix'],
    models: { own: config.model, small: undefined },
  };
}

/** The thresholds of the options; one that is not set is fitted to the detector, as far as the other allows. */
function chooseThresholds(config: Config, fitted: GateThresholds): GateThresholds {
  const open = config['vad-open'] || Math.max(fitted.open, config['vad-close']);
  return { open, close: config['vad-close'] || Math.min(fitted.close, open) };
}

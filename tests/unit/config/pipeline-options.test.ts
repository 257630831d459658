import t from 'tap';
import { buildPipelineOptions } from '../../../server/compose/pipeline-options.ts';
import { loadConfig } from '../../../server/config/load.ts';
import { OPTIONS } from '../../../server/config/options.ts';
import { PIPELINE_OPTIONS } from '../../../server/config/pipeline-options.ts';
import { PIPELINE } from '../../../server/core/session/settings.ts';

t.test('the options of the pipeline have the core’s own numbers as defaults', async (t) => {
  const { vad, endpoint, commit, show, segment, partialEveryMs, contextChars, forcedPrefix } = PIPELINE;
  const defaults = Object.fromEntries(Object.entries(PIPELINE_OPTIONS).map(([name, option]) => [name, option.default]));
  t.match(defaults, {
    ...{ 'partial-every-ms': partialEveryMs, 'context-chars': contextChars, 'forced-prefix': forcedPrefix },
    ...{ 'vad-open': 0, 'vad-close': 0, 'min-speech-ms': vad.minSpeechMs },
    ...{ 'endpoint-min-ms': endpoint.minMs, 'endpoint-max-ms': endpoint.maxMs, 'show-chance': show.chance },
    ...{ 'speculative-ms': endpoint.speculativeMs, commit: commit.policy, 'commit-chance': commit.chance },
    ...{ 'commit-edge-ms': commit.edgeMs, 'commit-early-ms': commit.earlyMs },
    ...{ 'commit-confidence': commit.earlyConfidence },
    ...{ 'segment-soft-ms': segment.softMs, 'segment-hard-ms': segment.hardMs },
  });
  for (const name of Object.keys(PIPELINE_OPTIONS)) t.ok(name in OPTIONS, name);
});

t.test('thresholds that are not set are those of the detector, as far as the other one allows', async (t) => {
  const detector = { open: 0.35, close: 0.3 };
  const thresholds = (...args: string[]) =>
    buildPipelineOptions(loadConfig(args, {}).config, { thresholds: detector, hasTurnDetector: false }).vad;
  t.match(thresholds(), detector);
  t.match(thresholds('--vad-open=0.6'), { open: 0.6, close: 0.3 });
  t.match(thresholds('--vad-open=0.2'), { open: 0.2, close: 0.2 });
  t.match(thresholds('--vad-close=0.5'), { open: 0.5, close: 0.5 });
  t.match(thresholds('--vad-open=0.6', '--vad-close=0.5'), { open: 0.6, close: 0.5 });
});

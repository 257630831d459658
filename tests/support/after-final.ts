import type { OutputQueue } from '../../server/core/session/output-queue.ts';
import { Revisions } from '../../server/core/session/revisions.ts';
import { SecondHearing } from '../../server/core/session/second-hearing.ts';
import type { AfterFinal } from '../../server/core/session/sentences.ts';
import { PIPELINE } from '../../server/core/session/settings.ts';
import type { SpanEvidence } from '../../server/core/stable/hallucinations.ts';

/** What becomes of finals in a session of which only a part is tested; all its audio is a clear voice, unless `countVoiced` says else. */
export function createAfterFinal(
  outputs: OutputQueue,
  countVoiced: SpanEvidence['countVoiced'] = (from, to) => to - from,
): AfterFinal {
  const revisions = new Revisions(outputs);
  const readEvidence = () => ({
    ...{ countVoiced, peakProbability: 1, peakLevel: 0.2, early: false },
  });
  return { revisions, secondHearing: new SecondHearing({ pipeline: PIPELINE, outputs, revisions, readEvidence }) };
}

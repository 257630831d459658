import type { Configure } from '../../protocol/index.ts';
import type { Hypothesis } from '../../server/core/hypothesis.ts';
import { FULL_SERVICE_LEVEL, type ServiceLevel } from '../../server/core/schedule/load-shedder.ts';
import type { SessionSettings } from '../../server/core/session/settings.ts';
import { VAD_WINDOW_SAMPLES } from '../../server/core/speech/vad-history.ts';
import fc from './fast-check.ts';
import { SETTINGS as ONE_SPEAKER } from './session-settings.ts';

export const SETTINGS: SessionSettings = {
  ...ONE_SPEAKER,
  partials: { mode: 'revisable', everyMs: 100 },
  cleanup: { mode: 'rules', instruction: '' },
  revise: true,
  // Far apart, so that many answers of the turn detector come while they matter.
  endpoint: { minMs: 500, maxMs: 900, completeMs: 160, incompleteMs: 1_500, eagerConfidence: 0.4, gapMs: 1_200 },
};
export const VOCABULARY = [
  'the',
  'The',
  'cat',
  'cat,',
  'sat',
  'sat.',
  'on',
  'On',
  'mat.',
  'mat?',
  '10',
  'so',
  'um',
  'yes!',
  'Dr.',
];

export const LOUD = Float32Array.from({ length: VAD_WINDOW_SAMPLES * 40 }, (_, i) => Math.sin(i / 5) * 0.3);
export const QUIET = new Float32Array(VAD_WINDOW_SAMPLES * 40);

/** What may be wrong with a decode besides its words. */
const ANSWERS: readonly Partial<Hypothesis>[] = [
  {},
  {},
  {},
  { stop: 'aborted' },
  { averageLogProbability: -0.9 },
  { language: 'fr', languageProbability: 0.9 },
  { language: 'fr', languageProbability: 0.3 },
  { language: 'en', languageProbability: 0.95 },
];
const CHANGES: readonly Configure[] = [
  { type: 'configure', language: 'auto' },
  { type: 'configure', language: 'en' },
  { type: 'configure', vocabulary: ['Zarathustra'] },
  { type: 'configure', vocabulary: [] },
  { type: 'configure', endpoint: { confidence: 0.8, eagerConfidence: 0.3 } },
  { type: 'configure', endpoint: { eagerConfidence: null } },
];
const LEVELS: readonly ServiceLevel[] = [
  FULL_SERVICE_LEVEL,
  FULL_SERVICE_LEVEL,
  { step: 'small', cadence: 1, model: 'small', windows: 'full', lagMs: 0 },
  { step: 'off', cadence: 0, model: 'small', windows: 'short', lagMs: 3_000 },
];

export type Step =
  | { readonly kind: 'hear'; readonly voice: boolean; readonly windows: number; readonly isVadLate: boolean }
  | {
      readonly kind: 'answer';
      readonly pick: number;
      readonly words: readonly number[];
      readonly sure: boolean;
      readonly change: Partial<Hypothesis>;
    }
  | { readonly kind: 'start'; readonly pick: number }
  | { readonly kind: 'hearAgain'; readonly pick: number; readonly words: readonly number[] | undefined }
  | { readonly kind: 'lose'; readonly pick: number; readonly failed: boolean }
  | { readonly kind: 'clean'; readonly pick: number; readonly late: boolean }
  | { readonly kind: 'flush' | 'pause' }
  | { readonly kind: 'configure'; readonly change: Configure }
  | { readonly kind: 'load'; readonly level: ServiceLevel }
  | { readonly kind: 'turn'; readonly pick: number; readonly probability: number; readonly isDecoded: boolean }
  | { readonly kind: 'restart'; readonly isVadLate: boolean };

export const pick = fc.nat(3);
const isFailed = fc.nat(3).map((n) => n > 0);
export const isVadLate = fc.nat(5).map((n) => n === 0);
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('hear' as const),
      voice: fc.boolean(),
      // Short silences end nothing: a speculative decode is under way then.
      windows: fc.oneof(fc.nat(12), fc.nat(40)),
      isVadLate,
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      pick,
      words: fc.array(fc.nat(VOCABULARY.length - 1), { maxLength: 14 }),
      sure: fc.boolean(),
      change: fc.constantFrom(...ANSWERS),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('start' as const), pick }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('lose' as const), pick, failed: isFailed }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('clean' as const), pick, late: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('hearAgain' as const),
      pick,
      /** Undefined: nothing came of it. */
      words: fc.option(fc.array(fc.nat(VOCABULARY.length - 1), { maxLength: 14 }), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'flush' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'pause' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('configure' as const), change: fc.constantFrom(...CHANGES) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('load' as const), level: fc.constantFrom(...LEVELS) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('turn' as const),
      pick,
      probability: fc.constantFrom(0, 0.02, 0.5, 0.99, 1),
      isDecoded: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const), isVadLate }) },
);

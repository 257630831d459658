import type { SessionSettings } from '../../server/core/session/settings.ts';

/** One English speaker, heard by the pure session; tests change what they are about. */
export const SETTINGS: SessionSettings = {
  channels: 1,
  language: 'en',
  languages: [],
  task: 'transcribe',
  model: undefined,
  vocabulary: [],
  partials: { mode: 'revisable', everyMs: 300 },
  cleanup: { mode: 'off', instruction: '' },
  endpoint: { minMs: 300, maxMs: 900, completeMs: 200, incompleteMs: 1_500 },
};

import type { Caption } from '../../transcript/index.ts';

/** A caption that says `text`. */
export const captionOf = (text: string, more: Partial<Caption> = {}): Caption => ({
  ...{ session: 's', channel: 0, sentence: 1, language: 'en', text, cursor: 1 },
  ...{ fromMs: 0, toMs: 1_000, atMs: 1_700_000_000_000, ...more },
});

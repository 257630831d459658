import type { KeptSentence } from './transcripts.ts';

/** What a kept sentence reads like. */
export const readingOf = ({
  correction,
  cleaned,
  text,
}: Pick<KeptSentence, 'correction' | 'cleaned' | 'text'>): string => correction ?? cleaned ?? text;

/** How a kept sentence is named: PART.CHANNEL.SENTENCE. */
export const sentenceName = ({
  part,
  channel,
  sentence,
}: Pick<KeptSentence, 'part' | 'channel' | 'sentence'>): string => `${part}.${channel}.${sentence}`;

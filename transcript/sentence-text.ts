import type { StoredSentence } from '../protocol/transcripts.ts';

/** What a kept sentence reads like. */
export const getSentenceText = ({
  correction,
  cleaned,
  text,
}: Pick<StoredSentence, 'correction' | 'cleaned' | 'text'>): string => correction ?? cleaned ?? text;

/** How a kept sentence is named: PART.CHANNEL.SENTENCE. */
export const formatSentenceName = ({
  part,
  channel,
  sentence,
}: Pick<StoredSentence, 'part' | 'channel' | 'sentence'>): string => `${part}.${channel}.${sentence}`;

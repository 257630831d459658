import type { StoredSentence } from '../protocol/transcripts.ts';

/** The text of a stored sentence as it is read: corrected, else cleaned, else as spoken. */
export const getSentenceText = ({
  correction,
  cleaned,
  text,
}: Pick<StoredSentence, 'correction' | 'cleaned' | 'text'>): string => correction ?? cleaned ?? text;

/** The name of a stored sentence: PART.CHANNEL.SENTENCE. */
export const formatSentenceName = ({
  part,
  channel,
  sentence,
}: Pick<StoredSentence, 'part' | 'channel' | 'sentence'>): string => `${part}.${channel}.${sentence}`;

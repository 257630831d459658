import type { StoredSentence } from '../protocol/transcripts.ts';
import type { TextForm } from './wanted-form.ts';

type Layers = Pick<StoredSentence, 'correction' | 'cleaned' | 'revised' | 'text'>;

/**
 * The text of a stored sentence. `cleaned`, the default, is what readers see: corrected, else cleaned, else as heard the second
 * time, else as first heard. The other forms are what was heard, without cleanings and corrections.
 */
export function getSentenceText({ correction, cleaned, revised, text }: Layers, form: TextForm = 'cleaned'): string {
  switch (form) {
    case 'cleaned':
      return correction ?? cleaned ?? revised ?? text;
    case 'revised':
      return revised ?? text;
    case 'raw':
      return text;
  }
}

/** The name of a stored sentence: PART.CHANNEL.SENTENCE. */
export const formatSentenceName = ({
  part,
  channel,
  sentence,
}: Pick<StoredSentence, 'part' | 'channel' | 'sentence'>): string => `${part}.${channel}.${sentence}`;

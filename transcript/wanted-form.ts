import { LIMITS } from '../protocol/limits.ts';
import { getOwnEntry } from '../protocol/own-entry.ts';
import type { AnyEvent, SentenceText } from './sentence.ts';

/** `raw`: as first heard; `revised`: as heard the second time, where that differs. */
export const TEXT_FORMS = ['cleaned', 'revised', 'raw'] as const;
export type TextForm = (typeof TEXT_FORMS)[number];

/** The form in which sentences are to be read. */
export interface WantedForm {
  readonly text: TextForm;
  /** Language to read in place of the spoken one, ISO 639; undefined or empty for none. It comes before `text`. */
  readonly translate?: string | undefined;
}

/** Forms that come after the final, in an event of the same name. */
export type AwaitedForm = 'cleaned' | 'translated';

/**
 * How long a final sentence waits for its form before it is read as it is, ms, by where it is read. The spoken words stand on
 * a `screen` meanwhile, so the wait only has to be longer than a cleaning usually takes. A caption in a `segment` can never be
 * replaced, so it waits for the server's own timeouts: 1 s for each cleaning before, and the longest a translation may take.
 */
export const FORM_TIMEOUT_MS = {
  screen: { cleaned: 1_500, translated: LIMITS.translationTimeoutMs },
  segment: { cleaned: 4_000, translated: 1_000 + LIMITS.translationTimeoutMs },
} as const satisfies Readonly<Record<string, Readonly<Record<AwaitedForm, number>>>>;

/**
 * How long a sentence that is wanted as `revised` waits before it goes out for good, ms: a second hearing is at most 40 s behind.
 * Nothing that is read live waits for that.
 */
export const REVISION_TIMEOUT_MS = 45_000;

/**
 * The event that a final is followed by when its sentence can be had in the form; undefined when it is read as spoken, until a
 * second hearing revises it perhaps.
 */
export function getAwaitedForm({ text, translate }: WantedForm): AwaitedForm | undefined {
  if (translate !== undefined && translate !== '') return 'translated';
  return text === 'cleaned' ? 'cleaned' : undefined;
}

type Brings = Extract<AnyEvent, { readonly type: AwaitedForm }>;

/** Whether an event brings the wanted form of its sentence. */
export function isFormEvent(event: AnyEvent, wanted: WantedForm): event is Brings {
  if (event.type !== getAwaitedForm(wanted)) return false;
  return event.type === 'cleaned' || (event.type === 'translated' && event.language === wanted.translate);
}

type Forms = Pick<SentenceText, 'stable' | 'tentative' | 'revised' | 'cleaned' | 'translations'>;

/** A sentence in the wanted form; undefined when that has not come. */
export function selectWantedText(sentence: Forms, wanted: WantedForm): string | undefined {
  switch (getAwaitedForm(wanted)) {
    case 'translated':
      return getOwnEntry(sentence.translations, wanted.translate!);
    case 'cleaned':
      return sentence.cleaned;
    case undefined:
      return (wanted.text === 'revised' ? sentence.revised : undefined) ?? sentence.stable + sentence.tentative;
  }
}

/** What is read of a sentence now: the wanted form, else the next best of cleaned, revised and as spoken so far. */
export function selectDisplayedText(sentence: Forms, wanted: WantedForm): string {
  return (
    selectWantedText(sentence, wanted) ??
    selectWantedText(sentence, { text: wanted.text }) ??
    (wanted.text === 'raw' ? undefined : sentence.revised) ??
    sentence.stable + sentence.tentative
  );
}

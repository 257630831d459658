import type { TextEvent } from '../../../transcript/sentence.ts';

/** Text of the preview, as spoken and cleaned. */
const SAMPLE_SENTENCES: readonly { readonly spoken: string; readonly cleaned: string; readonly channel: number }[] = [
  {
    channel: 0,
    spoken: 'Welcome, everybody, and thank you for coming tonight.',
    cleaned: 'Welcome, everybody, and thank you for coming tonight.',
  },
  {
    channel: 0,
    spoken: 'So, um, every word you hear is written here as it is spoken.',
    cleaned: 'So, every word you hear is written here as it is spoken.',
  },
  {
    channel: 0,
    spoken: 'A full line stays as it is; only the last words may still change.',
    cleaned: 'A full line stays as it is; only the last words may still change.',
  },
  {
    channel: 1,
    spoken: 'And when somebody else takes the floor, a new line begins.',
    cleaned: 'And when somebody else takes the floor, a new line begins.',
  },
];

const WORD_MS = 330;
const PAUSE_MS = 900;
/** How many words at the end may still change. */
const UNSURE_WORDS = 2;

/** The sample as the events of a room, each with its time; `round` gives every repetition sentences of its own. */
export function buildSampleEvents(
  round: number,
  translate: string,
): { readonly atMs: number; readonly event: TextEvent }[] {
  const timed: { atMs: number; event: TextEvent }[] = [];
  let atMs = 0;
  SAMPLE_SENTENCES.forEach(({ spoken, cleaned, channel }, i) => {
    const name = { session: `sample${round}`, channel, sentence: i + 1 };
    const words = spoken.split(' ');
    words.forEach((_, j) => {
      atMs += WORD_MS;
      const sure = Math.max(0, j + 1 - UNSURE_WORDS);
      const stable = words.slice(0, sure).join(' ');
      const tentative = words.slice(sure, j + 1).join(' ');
      timed.push({
        atMs,
        event: { type: 'partial', ...name, stable, tentative: stable === '' ? tentative : ` ${tentative}` },
      });
    });
    atMs += PAUSE_MS / 3;
    timed.push({ atMs, event: { type: 'final', ...name, text: spoken } });
    timed.push({ atMs: atMs + PAUSE_MS / 3, event: { type: 'cleaned', ...name, text: cleaned } });
    if (translate !== '')
      timed.push({
        atMs: atMs + PAUSE_MS / 3,
        event: { type: 'translated', ...name, language: translate, text: `[${translate}] ${cleaned}` },
      });
    atMs += PAUSE_MS;
  });
  return timed;
}

/** Pause before the sample begins again, ms. */
export const SAMPLE_REST_MS = 2_500;

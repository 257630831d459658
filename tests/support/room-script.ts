import type { TextEvent } from '../../transcript/sentence.ts';
import fc from './fast-check.ts';

export type TimedRoomText = { readonly atMs: number; readonly event: TextEvent };

const word = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('the', 'old', 'machine', 'um', 'twenty', 'five', 'Zürich', 'we', 'to', 'go,'),
  },
  { weight: 1, arbitrary: fc.constantFrom('incomprehensibilities', 'x', '漢字かな', 'สวัสดีครับ', '—', 'so…') },
);

interface Plan {
  readonly words: readonly string[];
  /** For each partial: how many words are stable, and what is guessed behind them. */
  readonly partials: readonly { readonly part: number; readonly guess: readonly string[]; readonly gapMs: number }[];
  readonly gapMs: number;
  /** What the cleaning leaves out, and when it comes after the final; -1 is never. */
  readonly dropped: readonly number[];
  readonly cleanedAfterMs: number;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  words: fc.array(word, { minLength: 1, maxLength: 24 }),
  partials: fc.array(
    fc.record({
      part: fc.double({ min: 0, max: 1, noNaN: true }),
      guess: fc.array(word, { maxLength: 4 }),
      gapMs: fc.integer({ min: 1, max: 1_500 }),
    }),
    { maxLength: 8 },
  ),
  gapMs: fc.integer({ min: 1, max: 2_000 }),
  dropped: fc.array(fc.nat(23), { maxLength: 5 }),
  cleanedAfterMs: fc.constantFrom(-1, 5, 300, 900, 4_000),
});

/** What one voice says: sentence after sentence, as the contract allows. */
function voice(session: string, channel: number, plans: readonly Plan[]): TimedRoomText[] {
  const timed: TimedRoomText[] = [];
  let atMs = 0;
  plans.forEach(({ words, partials, gapMs, dropped, cleanedAfterMs }, i) => {
    const name = { session, channel, sentence: i + 1 };
    const parts = partials.map(({ part }) => Math.floor(part * words.length)).sort((a, b) => a - b);
    partials.forEach(({ guess, gapMs }, j) => {
      atMs += gapMs;
      const stable = words.slice(0, parts[j]).join(' ');
      const tentative = guess.map((text, k) => (k === 0 && stable === '' ? text : ` ${text}`)).join('');
      timed.push({ atMs, event: { type: 'partial', ...name, stable, tentative } });
    });
    atMs += gapMs;
    timed.push({ atMs, event: { type: 'final', ...name, text: words.join(' ') } });
    if (cleanedAfterMs < 0) return;
    const text = words.filter((_, k) => !dropped.includes(k)).join(' ');
    timed.push({ atMs: atMs + cleanedAfterMs, event: { type: 'cleaned', ...name, text } });
  });
  return timed;
}

/** Random rooms that keep to the contract: up to `voicesMax` voices that talk into each other. */
export const roomScript = (voicesMax: number): fc.Arbitrary<TimedRoomText[]> =>
  fc.array(fc.array(plan, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: voicesMax }).map((voices) =>
    voices
      .flatMap((plans, i) => voice(i < 2 ? 'a' : 'b', i % 2, plans))
      .map((timed, i) => ({ ...timed, i }))
      .sort((a, b) => a.atMs - b.atMs || a.i - b.i)
      .map(({ atMs, event }) => ({ atMs, event })),
  );

import type { ServerEvent } from '../../client/sdk/index.ts';
import fc from './fast-check.ts';

type PartialEvent = Extract<ServerEvent, { type: 'partial' }>;
type FinalEvent = Extract<ServerEvent, { type: 'final' }>;

const word = fc.constantFrom('we', 'um', 'the', 'Zürich', 'twenty', 'go,', '漢字', 'שלום', '<b>');

interface SpokenPlan {
  readonly words: readonly string[];
  /** For each partial: the share of the words that are stable, and words that are guessed behind them. */
  readonly partials: readonly { readonly share: number; readonly guess: readonly string[] }[];
  /** `vanishes`: it was nothing after all, and its number is used again. `open`: the session ends before its final. */
  readonly ending: 'final' | 'vanishes' | 'open';
  readonly cleaned: string | undefined;
  /** What a second hearing hears, and the cleaning of it. */
  readonly revised: { readonly words: readonly string[]; readonly cleaned: string | undefined } | undefined;
  readonly translations: readonly string[];
  /** Places further back in the order at which cleaning, translations and the second hearing come. */
  readonly delays: readonly number[];
  readonly gapMs: number;
}

const planOf = (state: 'ended' | 'cut'): fc.Arbitrary<SpokenPlan> =>
  fc.record({
    words: fc.array(word, { minLength: 1, maxLength: 8 }),
    partials: fc.array(
      fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), guess: fc.array(word, { maxLength: 3 }) }),
      { maxLength: 5 },
    ),
    ending: fc.oneof(
      { weight: 8, arbitrary: fc.constant('final' as const) },
      fc.constantFrom('vanishes' as const, state === 'cut' ? ('open' as const) : ('final' as const)),
    ),
    cleaned: fc.option(fc.constantFrom('', 'We go.', 'Twenty <b>.'), { nil: undefined }),
    revised: fc.option(
      fc.record({
        words: fc.array(word, { maxLength: 3 }),
        cleaned: fc.option(fc.constantFrom('', 'We went.'), { nil: undefined }),
      }),
      { nil: undefined },
    ),
    translations: fc.uniqueArray(fc.constantFrom('de', 'fr'), { maxLength: 2 }),
    delays: fc.array(fc.nat(12), { minLength: 4, maxLength: 4 }),
    // Few values, so that sentences of two channels often begin at once.
    gapMs: fc.constantFrom(0, 300, 900, 1_500),
  });

/** Events of one channel; `after` moves an event so many places back. */
function channelEvents(channel: number, plans: readonly SpokenPlan[], number: () => number) {
  const events: { readonly event: ServerEvent; readonly after: number }[] = [];
  let atMs = 0;
  let free: number | undefined;
  for (const { words, partials, ending, cleaned, revised, translations, delays, gapMs } of plans) {
    const id = { channel, sentence: free ?? number() };
    free = undefined;
    const times = { fromMs: atMs + gapMs, toMs: atMs + gapMs + words.length * 300 };
    const timed = words.map((text, i) => ({
      text,
      fromMs: times.fromMs + i * 300,
      toMs: times.fromMs + i * 300 + 280,
      confidence: 0.5,
    }));
    const partial = (stable: string, tentative: string, revision: number): PartialEvent => ({
      ...{ type: 'partial', seq: 0, ...id, revision, stable, tentative, words: timed, stableWords: 0, ...times },
    });
    const shares = partials.map(({ share }) => (ending === 'vanishes' ? 0 : share)).sort((a, b) => a - b);
    for (const [i, { guess }] of partials.entries()) {
      const stable = words.slice(0, Math.floor(shares[i]! * words.length)).join(' ');
      const tentative = guess.join(' ');
      events.push({
        event: partial(stable, stable === '' || tentative === '' ? tentative : ` ${tentative}`, i + 1),
        after: 0,
      });
    }
    if (ending === 'vanishes') {
      if (partials.length > 0) events.push({ event: partial('', '', partials.length + 1), after: 0 });
      free = id.sentence;
      continue;
    }
    if (ending === 'open') break;
    const final: FinalEvent = {
      type: 'final',
      seq: 0,
      ...id,
      text: words.join(' '),
      words: timed,
      language: channel === 0 ? 'en' : 'he',
      ...times,
    };
    events.push({ event: final, after: 0 });
    if (cleaned !== undefined) {
      const event = { type: 'cleaned' as const, seq: 0, ...id, text: cleaned, changes: [], model: 'm', tookMs: 1 };
      events.push({ event, after: delays[0]! });
    }
    for (const [i, language] of translations.entries()) {
      const event = {
        type: 'translated' as const,
        seq: 0,
        ...id,
        language,
        text: `${language} ${id.sentence}`,
        model: 'm',
        tookMs: 1,
      };
      events.push({ event, after: Math.max(delays[0]!, delays[i + 1]!) });
    }
    if (revised !== undefined) {
      const again = revised.words.map((text, i) => ({ ...timed[0]!, text, fromMs: times.fromMs + i }));
      const after = Math.max(delays[0]!, delays[3]!);
      const text = again.map((each) => each.text).join(' ');
      events.push({ event: { type: 'revised', seq: 0, ...id, text, words: again, model: 'm2' }, after });
      const cleaning = {
        type: 'cleaned' as const,
        seq: 0,
        ...id,
        changes: [],
        revised: true as const,
        model: 'm',
        tookMs: 1,
      };
      if (revised.cleaned !== undefined) events.push({ event: { ...cleaning, text: revised.cleaned }, after });
    }
    atMs = times.toMs;
  }
  return events;
}

/** The events of one session as the contract allows them: channels that talk into each other, numbered, `done` at the end.
 * With `cut`, some sentences are still open then, as when the session is lost. */
export const sessionEvents = (channels: number, state: 'ended' | 'cut' = 'ended'): fc.Arbitrary<ServerEvent[]> =>
  fc
    .tuple(
      fc.array(fc.array(planOf(state), { maxLength: 5 }), { minLength: channels, maxLength: channels }),
      fc.infiniteStream(fc.nat(999)),
    )
    .map(([voices, random]) => {
      let sentences = 0;
      const queues = voices.map((plans, channel) => channelEvents(channel, plans, () => ++sentences));
      const placed = queues.flatMap((queue) => {
        let at = 0;
        return queue.map(({ event, after }) => {
          const isText = event.type === 'partial' || event.type === 'final';
          if (isText) at += 1 + (random.next().value! % 3);
          return { event, at: at + after };
        });
      });
      const ordered = placed.map((each, i) => ({ ...each, i })).sort((a, b) => a.at - b.at || a.i - b.i);
      const audioMs =
        ordered.reduce((most, { event }) => Math.max(most, 'toMs' in event ? (event.toMs ?? 0) : 0), 0) + 700;
      const done: ServerEvent = { type: 'done', seq: 0, audioMs, sentences };
      return [...ordered.map(({ event }) => event), done].map((event, i) => ({ ...event, seq: i + 1 }));
    });

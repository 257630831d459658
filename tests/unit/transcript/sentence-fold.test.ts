import assert from 'node:assert/strict';
import t from 'tap';
import type { ContractBreach, TextEvent } from '../../../transcript/sentence.ts';
import { SentenceFold } from '../../../transcript/sentence-fold.ts';
import fc from '../../support/fast-check.ts';
import { sessionEvents } from '../../support/sentence-events.ts';

const ID = { session: 's', channel: 0, sentence: 1 };
const partial = (stable: string, tentative = ''): TextEvent => ({ type: 'partial', ...ID, stable, tentative });
const final = (text: string): TextEvent => ({ type: 'final', ...ID, text, language: 'en' });
const cleaned = (text: string): TextEvent => ({ type: 'cleaned', ...ID, text });
const german = (text: string): TextEvent => ({ type: 'translated', ...ID, language: 'de', text });

t.test('a sentence grows, becomes final, and has its forms beside it', async (t) => {
  const fold = new SentenceFold();
  const sentence = fold.read(partial('We', ' um'));
  t.match(sentence, { stable: 'We', tentative: ' um', final: false });
  for (const event of [final('We um go.'), cleaned('We go.'), german('Wir gehen.')])
    t.equal(fold.read(event), sentence);
  t.match(sentence, { stable: 'We um go.', tentative: '', final: true, language: 'en', cleaned: 'We go.' });
  t.same(sentence?.translations, { de: 'Wir gehen.' });
  t.equal(fold.read({ type: 'alive', cursor: 9 }), undefined);
});

t.test('a revision takes the place of the cleaning, once, and its own cleaning that of the revision', async (t) => {
  const fold = new SentenceFold();
  const words = [{ text: 'We', fromMs: 1, toMs: 2, confidence: 1 }];
  const change = { kind: 'removed', from: 0, to: 2, text: '' } as const;
  const revised = { type: 'revised', ...ID, text: 'We um went.', words } as const;
  fold.read(final('We um go.'));
  const sentence = fold.read({ type: 'cleaned', ...ID, text: 'We go.', changes: [change] });
  t.equal(fold.read(revised), sentence);
  t.match(sentence, {
    stable: 'We um go.',
    revised: 'We um went.',
    cleaned: undefined,
    changes: [],
    revisedWords: words,
  });
  fold.read({ type: 'cleaned', ...ID, text: 'We went.', changes: [change] });
  t.equal(fold.read(revised), undefined, 'sent again, as after a reload, it changes nothing');
  t.match(sentence, { revised: 'We um went.', cleaned: 'We went.', changes: [change] });
});

t.test('each breach of the contract is reported; only a final is taken all the same', async (t) => {
  const cases: readonly [readonly TextEvent[], ContractBreach, 'taken' | 'left'][] = [
    [[partial('we go'), partial('we went')], 'stable-changed', 'left'],
    [[partial('we go'), final('they go')], 'stable-changed', 'taken'],
    [[final('a'), partial('a')], 'partial-after-final', 'left'],
    [[final('a'), final('b')], 'second-final', 'left'],
    [[cleaned('a')], 'not-final', 'left'],
    [[partial('a'), { type: 'revised', channel: 0, sentence: 1, text: 'b' }], 'not-final', 'left'],
    [[partial('we'), german('wir')], 'not-final', 'left'],
  ];
  for (const [events, breach, fate] of cases) {
    const breaches: ContractBreach[] = [];
    const fold = new SentenceFold({ onBreach: (each) => breaches.push(each) });
    const results = events.map((event) => fold.read(event));
    t.same(breaches, [breach]);
    t.equal(results.at(-1) === undefined ? 'left' : 'taken', fate, breach);
    t.throws(() => {
      const strict = new SentenceFold({
        onBreach: (each) => {
          throw new Error(each);
        },
      });
      for (const event of events) strict.read(event);
    }, breach);
  }
});

t.test('the number of sentences is bounded, and sentences can be forgotten', async (t) => {
  const fold = new SentenceFold({ sentencesMax: 2 });
  for (const sentence of [1, 2, 3]) fold.read({ type: 'partial', ...ID, sentence, stable: '', tentative: 'x' });
  t.same(
    [...fold.sentences].map(({ number }) => number),
    [2, 3],
  );
  t.match(
    fold.forget(({ number }) => number === 2),
    [{ number: 2 }],
  );
  t.same(
    [...fold.sentences].map(({ number }) => number),
    [3],
  );
});

t.test('for every session, each sentence is what its newest events say', async () => {
  fc.assert(
    fc.property(sessionEvents(3), (events) => {
      const fold = new SentenceFold({
        onBreach: (breach) => assert.fail(breach),
      });
      const shown = new Map<
        string,
        {
          text: string;
          final: boolean;
          forms: { revised?: string; cleaned?: string };
          translations: Record<string, string>;
        }
      >();
      for (const event of events) {
        fold.read(event);
        if (!('sentence' in event) || event.type === 'notice') continue;
        const key = `${event.channel}.${event.sentence}`;
        const before = shown.get(key) ?? { text: '', final: false, forms: {}, translations: {} };
        if (event.type === 'partial') shown.set(key, { ...before, text: event.stable + event.tentative });
        if (event.type === 'final') shown.set(key, { ...before, text: event.text, final: true });
        if (event.type === 'revised') shown.set(key, { ...before, forms: { revised: event.text } });
        if (event.type === 'cleaned') shown.set(key, { ...before, forms: { ...before.forms, cleaned: event.text } });
        if (event.type === 'translated')
          shown.set(key, { ...before, translations: { ...before.translations, [event.language]: event.text } });
        const folded = [...fold.sentences].map(
          ({ channel, number, stable, tentative, final, revised, cleaned, translations }) => [
            `${channel}.${number}`,
            { text: stable + tentative, final, forms: JSON.parse(JSON.stringify({ revised, cleaned })), translations },
          ],
        );
        assert.deepEqual(Object.fromEntries(folded as [string, unknown][]), Object.fromEntries(shown));
      }
    }),
    { numRuns: 300 },
  );
});

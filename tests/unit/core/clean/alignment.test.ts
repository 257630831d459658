import t from 'tap';
import type { Change } from '../../../../protocol/index.ts';
import { alignWords, computeChanges, searchAlignment } from '../../../../server/core/clean/alignment.ts';
import { splitIntoChunks } from '../../../../server/core/clean/chunks.ts';

const pairsOf = (raw: string, rewrite: string) =>
  alignWords(splitIntoChunks(raw, 'en'), splitIntoChunks(rewrite, 'en'))?.map(({ spoken, spokenTo, kept, keptTo }) => [
    spoken,
    spokenTo,
    kept,
    keptTo,
  ]);

/** Carries changes out, from the last to the first. */
const carryOut = (raw: string, changes: readonly Change[]): string =>
  [...changes].reverse().reduce((text, { from, to, text: put }) => text.slice(0, from) + put + text.slice(to), raw);

t.test('every kept word is found among the said ones, in order', async (t) => {
  t.same(pairsOf('um so we go', 'So we go.'), [
    [1, 2, 0, 1],
    [2, 3, 1, 2],
    [3, 4, 2, 3],
  ]);
  t.equal(pairsOf('we go', 'We went.'), undefined);
  t.equal(pairsOf('a b c', 'c a'), undefined, 'not in another order');
  t.same(pairsOf('a b', ''), []);
});

t.test('of words said twice the last is the one that is kept', async (t) => {
  t.same(pairsOf('the the cat', 'The cat.'), [
    [1, 2, 0, 1],
    [2, 3, 1, 2],
  ]);
});

t.test('two words may be written as one, and one as two, where they say the same', async (t) => {
  t.same(pairsOf('twenty five', 'twenty-five'), [[0, 2, 0, 1]]);
  t.same(pairsOf('do not go', "Don't go."), [
    [0, 2, 0, 1],
    [2, 3, 1, 2],
  ]);
  t.same(pairsOf('cannot', 'can not'), [[0, 1, 0, 2]]);
  t.same(pairsOf('web site', 'website'), [[0, 2, 0, 1]]);
  t.equal(pairsOf('a part', 'apart'), undefined);
  t.equal(pairsOf('1 2', '12'), undefined, 'digits never');
});

t.test('an apostrophe matters where another word is left without it', async (t) => {
  t.same(pairsOf('dont', "don't"), [[0, 1, 0, 1]]);
  t.equal(pairsOf('were', "we're"), undefined);
  t.equal(pairsOf("we'll", 'well'), undefined);
});

t.test('another way is searched when what goes in the latest may not', async (t) => {
  const spoken = splitIntoChunks('we go now and we go', 'en');
  const kept = splitIntoChunks('We go now', 'en');
  const latest = alignWords(spoken, kept)!;
  const onlyTheEnd = (from: number): boolean => from === 3;
  t.same(
    searchAlignment(spoken, kept, latest, onlyTheEnd)?.map((pair) => pair.spoken),
    [0, 1, 2],
  );
  t.equal(
    searchAlignment(spoken, kept, latest, () => false),
    undefined,
  );
});

t.test('a searchAlignment that asks too often gives up', async (t) => {
  const spoken = splitIntoChunks('a '.repeat(400), 'en');
  const kept = splitIntoChunks('a '.repeat(200), 'en');
  let asked = 0;
  const answer = searchAlignment(spoken, kept, alignWords(spoken, kept)!, () => {
    asked++;
    return false;
  });
  t.equal(answer, undefined);
  t.ok(asked <= 2_000, `asked ${asked} times`);
});

t.test('the changes turn the raw text into the rewrite', async (t) => {
  for (const [raw, rewrite] of [
    ['um so we we go', 'So we go.'],
    ['do not go there', "Don't go there!"],
    ['it is', 'It is'],
    ['same', 'same'],
    ['um, uh', ''],
  ] as const) {
    const spoken = splitIntoChunks(raw, 'en');
    const kept = splitIntoChunks(rewrite, 'en');
    const changes = computeChanges(raw, rewrite, spoken, kept, alignWords(spoken, kept)!);
    t.equal(carryOut(raw, changes), rewrite, raw);
    for (const { from, to } of changes) t.ok(from <= to);
  }
});

t.test('each change has its kind', async (t) => {
  const raw = 'um we go';
  const rewrite = 'We go.';
  const spoken = splitIntoChunks(raw, 'en');
  const kept = splitIntoChunks(rewrite, 'en');
  t.same(computeChanges(raw, rewrite, spoken, kept, alignWords(spoken, kept)!), [
    { kind: 'removed', from: 0, to: 3, text: '' },
    { kind: 'replaced', from: 3, to: 5, text: 'We' },
    { kind: 'replaced', from: 6, to: 8, text: 'go.' },
  ]);
});

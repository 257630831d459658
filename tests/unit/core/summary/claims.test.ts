import t from 'tap';
import { CLAIMS_MAX, checkAnswer, type NumberedSentence, parseAnswer } from '../../../../server/core/summary/claims.ts';

const EMPTY = { summary: [], decisions: [], actions: [] };
const SENTENCES: readonly NumberedSentence[] = [
  { name: 's1', text: 'We ship on Monday.', speaker: 'Ada' },
  { name: 's2', text: 'Bob writes the notes.', speaker: 'Ada' },
];

t.test('an answer is found among prose, thoughts and fences', async (t) => {
  const answer = { ...EMPTY, summary: [{ text: 'We ship.', from: [1] }] };
  for (const reply of [
    JSON.stringify(answer),
    `Here it is:\n\`\`\`json\n${JSON.stringify(answer, null, 1)}\n\`\`\`\nAnything else?`,
    `<think>{"summary":[{"text":"no","from":[9]}]}</think>${JSON.stringify(answer)}`,
    `{ not JSON } {"x": 1} ${JSON.stringify(answer)}`,
  ])
    t.same(parseAnswer(reply), answer, reply);
});

t.test('braces and quotes in a text do not end it', async (t) => {
  const text = 'He wrote "} {" and \\ once.';
  t.equal(parseAnswer(JSON.stringify({ summary: [{ text, from: [1] }] }))?.summary[0]?.text, text);
});

t.test('what holds no answer gives none', async (t) => {
  for (const reply of ['', 'no', '{', '{"summary": "text"}', '[1]', `${'{'.repeat(1_000)}`, '<think>{"summary":[]}'])
    t.equal(parseAnswer(reply), undefined, reply.slice(0, 20));
  t.same(parseAnswer('{"summary":[]}'), EMPTY, 'lists may be missing');
});

t.test('numbers of sentences are read as models write them, each once', async (t) => {
  const parse = (from: unknown) => parseAnswer(JSON.stringify({ summary: [{ text: 'x', from }] }))?.summary[0]?.from;
  t.same(parse([1, '2', '[3]', '#4', 1, 'five', -6, 7.5, null]), [1, 2, 3, 4]);
  t.same(parse(8), [8]);
  t.same(parse(undefined), []);
});

t.test('claims have bounds: their number, their length, and no control characters', async (t) => {
  const claims = Array.from({ length: 100 }, () => ({ text: `a\u0000\n${'b'.repeat(1_000)}`, from: [1] }));
  const { summary } = parseAnswer(JSON.stringify({ summary: claims }))!;
  t.equal(summary.length, CLAIMS_MAX);
  t.equal(summary[0]!.text.length, 600);
  t.match(summary[0]!.text, /^a b+…$/);
});

t.test('what is no claim is left out', async (t) => {
  const odd = [null, 'x', 7, {}, { text: ' ' }, { text: 5 }, { text: 'ok', from: [1], owner: ' ' }];
  t.same(parseAnswer(JSON.stringify({ actions: odd }))?.actions, [{ text: 'ok', from: [1] }]);
});

t.test('a claim is taken when the sentences it cites exist and support it', async (t) => {
  const answer = {
    ...EMPTY,
    summary: [
      { text: 'ship', from: [1, 99] },
      { text: 'lie', from: [1] },
      { text: 'ship', from: [99] },
      { text: 'ship', from: [] },
    ],
  };
  const asked: string[] = [];
  const checked = checkAnswer(answer, SENTENCES, (claim, sentences) => {
    asked.push(sentences.map(({ name }) => name).join());
    return claim !== 'lie';
  });
  t.same(checked, { ...EMPTY, summary: [{ text: 'ship', from: ['s1'] }], dropped: 3 });
  t.same(asked, ['s1', 's1'], 'only cited sentences are looked at');
});

t.test('an owner counts where it was said, or who said it; only actions have one', async (t) => {
  const claim = (owner: string) => ({ text: 'x', from: [2], owner });
  const answer = { summary: [], decisions: [claim('Ada')], actions: [claim('Ada'), claim('Bob'), claim('Eve')] };
  const { decisions, actions } = checkAnswer(
    answer,
    SENTENCES,
    (text, [sentence]) => text === 'x' || sentence!.text.includes(text),
  );
  t.same(decisions, [{ text: 'x', from: ['s2'] }]);
  t.same(
    actions.map(({ owner }) => owner),
    ['Ada', 'Bob', undefined],
  );
});

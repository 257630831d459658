import t from 'tap';
import { buildPrompt } from '../../../../server/core/segment/prompt.ts';

t.test('hints stand first, then the end of what is final', async (t) => {
  t.equal(
    buildPrompt(['Byron', 'Sintra'], ['He went.', 'He came back.'], 100),
    'Byron, Sintra. He went. He came back.',
  );
  t.equal(buildPrompt([], ['He went away.', 'He came back.'], 18), 'He came back.');
});

t.test('a sentence that became final twice is left out: an invention would provoke itself again', async (t) => {
  t.equal(buildPrompt([], ['S- S-', 'He went.', 'S-S.'], 100), 'He went.');
});

t.test('hints are cut before they fill the prompt, and leave no room for more', async (t) => {
  t.equal(buildPrompt(Array(200).fill('Sintra'), ['He went.'], 100).length, 600);
});

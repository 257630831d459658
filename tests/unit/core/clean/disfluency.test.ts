import t from 'tap';
import { splitIntoChunks } from '../../../../server/core/clean/chunks.ts';
import { isDisfluency } from '../../../../server/core/clean/disfluency.ts';

/** Whether the words in brackets are stumbles in what stands around them. */
function isBracketedStumble(text: string, language = 'en'): boolean {
  const count = (part: string): number => splitIntoChunks(part, language).length;
  const [before = '', run = ''] = text.split(/[[\]]/);
  const from = count(before);
  return isDisfluency({ from, to: from + count(run) }, splitIntoChunks(text.replace(/[[\]]/g, ''), language), language);
}

const STUMBLES: Readonly<Record<string, readonly string[]>> = {
  hesitations: ['[um] so', 'so [uh, um,] yes'],
  'words said twice': ['[the] the cat', 'the [the] cat', '[I think] I think so', 'I [I] I know'],
  'words torn off': ['[th-] the cat', '[I wan-] I want it', 'I [wan-] I want it'],
  'beginnings given up': ['[She is,] she was there', '[it was the,] it was a cat'],
  'phrases that fill a pause': ["it's, [like,] hard", '[Well,] yes', 'it is hard, [you know]'],
  'what was taken back': ['[on Thursday, no,] on Friday', 'we need [three, no wait,] four', 'ask [Ada, sorry,] Bob'],
  'several in a row': ['[um, the th-] the cat', '[I mean, uh,] yes'],
};
const NONE: readonly string[] = [
  ...['[the] cat', '[five] five', 'he [had] had enough', 'I [like] it', '[no one] came', 'he said [no,] go'],
  ...[
    '[the cat. no,] the dog',
    'it was [not this, no,] that',
    '[so it was] this',
    '[on the long and winding road that we took, no,] on foot',
  ],
];

for (const [name, texts] of Object.entries(STUMBLES))
  t.test(`${name} may go`, async (t) => {
    for (const text of texts) t.ok(isBracketedStumble(text), text);
  });

t.test('anything else may not', async (t) => {
  for (const text of NONE) t.notOk(isBracketedStumble(text), text);
});

t.test('nothing removed is no loss', async (t) => {
  t.ok(isBracketedStumble('a []b'));
});

t.test('where characters count, only hesitations and characters said twice go', async (t) => {
  t.ok(isBracketedStumble('[呃]我们', 'zh'));
  t.ok(isBracketedStumble('[我]我们', 'zh'));
  t.ok(isBracketedStumble('[我们]我们走', 'zh'));
  t.notOk(isBracketedStumble('[天]天气', 'zh'), 'a doubled character may be a word');
  t.notOk(isBracketedStumble('[三十]三十', 'zh'), 'numbers are none');
  t.notOk(isBracketedStumble('[我]走', 'zh'));
});

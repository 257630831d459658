import t from 'tap';
import type { Word } from '../../../../server/core/hypothesis.ts';
import { assignWords } from '../../../../server/core/second-hearing/assign-words.ts';
import { joinWords } from '../../../../server/core/stable/words.ts';
import fc from '../../../support/fast-check.ts';
import { spokenWords } from '../../../support/spoken-words.ts';

/** Sentences one after the other; a word takes half a second. */
function speak(...texts: readonly string[]): Word[][] {
  let from = 1;
  return texts.map((text) => {
    const words = spokenWords(text, from);
    from += words.length / 2;
    return words;
  });
}
const textsOf = (assigned: readonly (readonly Word[])[]): string[] => assigned.map((words) => joinWords(words));

t.test('the ends of sentences stay where they were, whatever the words are', async (t) => {
  const sentences = speak('Put her feet on the fender.', 'And took a book.');
  const second = spokenWords('put her feet on a fender, and took the book.', 1);
  t.same(textsOf(assignWords(sentences, second)), ['put her feet on a fender,', 'and took the book.']);
});

t.test('a word that was missing goes to the sentence that it was said in', async (t) => {
  const [first, rest] = speak('What time does the meeting', 'Are there any questions?');
  const later = rest!.map((word) => ({ ...word, from: word.from + 16_000, to: word.to + 16_000 }));
  const second = [...first!, ...spokenWords('start?', 3.5), ...later];
  t.same(textsOf(assignWords([first!, later], second)), [
    'What time does the meeting start?',
    'Are there any questions?',
  ]);
  const early = spokenWords('So', 4.1);
  t.same(textsOf(assignWords([first!, later], [...first!, ...early, ...later])), [
    'What time does the meeting',
    'So Are there any questions?',
  ]);
});

t.test('words that nobody said leave their sentence empty', async (t) => {
  const sentences = speak('It is new.', 'It is new.', 'Good.');
  const [first, , last] = sentences;
  t.same(textsOf(assignWords(sentences, [...first!, ...last!])), ['It is new.', '', 'Good.']);
});

t.test('the same words at another time are other words', async (t) => {
  const sentences = [spokenWords('yes', 1), spokenWords('no', 8)];
  t.same(textsOf(assignWords(sentences, spokenWords('yes', 8))), ['', 'yes']);
});

t.test('every word of the second hearing is in one sentence, in its place', async (t) => {
  const text = fc.array(fc.constantFrom('the', 'cat', 'sat.', 'On', 'a', 'mat'), { maxLength: 8 });
  const shift = fc.double({ min: -3, max: 3, noNaN: true });
  let moved = 0;
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), fc.array(text, { maxLength: 6 }), shift, (a, b, by) => {
      const sentences = speak(...a.map((words) => words.join(' ')));
      const second = spokenWords(b.flat().join(' '), 1 + Math.max(0, by));
      const assigned = assignWords(sentences, second);
      if (assigned.some((words) => words.length > 0)) moved++;
      return (
        assigned.length === sentences.length &&
        assigned.flat().every((word, i) => word === second[i]) &&
        assigned.flat().length === second.length
      );
    }),
    { numRuns: 2_000 },
  );
  t.ok(moved > 500, 'the property saw words');
});

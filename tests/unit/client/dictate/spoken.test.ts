import { deepEqual } from 'node:assert/strict';
import t from 'tap';
import { parseDictionary } from '../../../../client/cli/dictate/core/dictionary.ts';
import { Field } from '../../../../client/cli/dictate/core/field.ts';
import { LANGUAGES, selectLanguage } from '../../../../client/cli/dictate/core/language.ts';
import { SpokenReader } from '../../../../client/cli/dictate/core/spoken.ts';
import fc from '../../../support/fast-check.ts';

const WORDS = {
  names: ['Zsuzsanna', 'GitHub'],
  replacements: { 'sue dough': 'sudo', 'post gress': 'Postgres' },
  snippets: { 'my address': '1 Main Street\nSpringfield', 'best regards': 'Best regards,\nAda' },
  commands: { 'neue zeile': 'new line', 'line feed': 'new line' },
};
const outcome = parseDictionary(JSON.stringify(WORDS));
const dictionary = 'dictionary' in outcome ? outcome.dictionary : undefined;
const english = new SpokenReader(selectLanguage('en'), dictionary!);

function written(sentences: readonly string[], newline: 'keep' | 'space' = 'keep'): string {
  const field = new Field({ language: selectLanguage('en'), newline, revise: 'may' });
  for (const [at, text] of sentences.entries())
    field.place({ sentence: `${at}`, pieces: english.read(text, 0, 'complete').pieces });
  return field.content;
}

/** Sentences as the recogniser writes them -> what stands in the field. */
const cases: readonly [sentences: string | readonly string[], want: string][] = [
  ['The train was late.', 'The train was late.'],
  // Line breaks, with whatever marks the recogniser set around them.
  [['First.', 'New line.', 'Second.'], 'First.\nSecond.'],
  ['Milk, new line, eggs, new line, bread.', 'Milk\neggs\nbread.'],
  ['Milk newline eggs', 'Milk\neggs'],
  ['Milk. New-line. Eggs.', 'Milk.\nEggs.'],
  ['That is all. New paragraph. And now the rest.', 'That is all.\n\nAnd now the rest.'],
  ['that is all new paragraph and now the rest', 'that is all\n\nAnd now the rest'],
  ['Draw a new line under the sum.', 'Draw a new line under the sum.'],
  ['They sell a whole new line of shoes.', 'They sell a whole new line of shoes.'],
  ['New line of products.', 'New line of products.'],
  // Marks by name.
  ['Dear John comma thank you for the letter full stop', 'Dear John, thank you for the letter.'],
  ['Dear John, comma, thank you for the letter.', 'Dear John, thank you for the letter.'],
  ['Dear John. Comma. Thank you for the letter. Period.', 'Dear John, thank you for the letter.'],
  [['Dear John.', 'Comma.', 'Thank you.'], 'Dear John, thank you.'],
  ['How are you question mark', 'How are you?'],
  ['How are you? Question mark.', 'How are you?'],
  [['How are you.', 'Question mark.'], 'How are you?'],
  [['It snows.', 'Full stop.', 'It rains.'], 'It snows. It rains.'],
  ['hello period how are you', 'hello. How are you'],
  ['Stop exclamation mark', 'Stop!'],
  ['Really question mark exclamation point', 'Really?!'],
  ['Three things colon milk comma eggs and bread', 'Three things: milk, eggs and bread'],
  ['He came semicolon she left', 'He came; she left'],
  ['He came semi-colon she left', 'He came; she left'],
  ['The plan dash if there is one dash is late', 'The plan – if there is one – is late'],
  ['a well hyphen known name', 'a well-known name'],
  ['She said, open quote, I am here, close quote.', 'She said, "I am here".'],
  ['She said open quote hello full stop close quote and left', 'She said "hello." and left'],
  ['It was late open parenthesis very late close parenthesis and cold', 'It was late (very late) and cold'],
  // The thing and not the mark.
  ['The comma is in the wrong place.', 'The comma is in the wrong place.'],
  ['It was a long period of time.', 'It was a long period of time.'],
  ['We waited for a long period.', 'We waited for a long period.'],
  ['That was a period of change.', 'That was a period of change.'],
  ['A colon is two dots.', 'A colon is two dots.'],
  ['There is a question mark over it.', 'There is a question mark over it.'],
  ['Come to a full stop at the sign.', 'Come to a full stop at the sign.'],
  ['He made a dash for it.', 'He made a dash for it.'],
  ['The files are comma separated.', 'The files are comma separated.'],
  ['I like that comma and you comma too.', 'I like that, and you, too.'],
  ['After that long period it rained.', 'After that long period it rained.'],
  // Escaped.
  ['Put literal comma between them', 'Put comma between them'],
  ['Say literal new line twice.', 'Say new line twice.'],
  ['It was literally raining.', 'It was literally raining.'],
  // Taking back.
  ['Send it on Monday, scratch that, send it on Tuesday.', 'Send it on Tuesday.'],
  [['I like it.', 'Send it on Monday.', 'Scratch that.'], 'I like it.'],
  [['I like it.', 'Send it on Monday.', 'Scratch that.', 'Scratch that.'], ''],
  [['Send it on Monday.', 'Scratch that.', 'Send it on Tuesday.'], 'Send it on Tuesday.'],
  ['I like it very much exclamation mark, see you soon, delete that.', 'I like it very much!'],
  ['I like it. See you soon. Scratch that. See you later.', 'I like it. See you later.'],
  ['I like it. See you soon. Scratch that. Scratch that.', ''],
  ['Milk, new line, eggs, scratch that.', 'Milk\n'],
  ['I started from scratch that day.', 'I started from scratch that day.'],
  ['I scratch that itch.', 'I scratch that itch.'],
  ['Please delete that file.', 'Please delete that file.'],
  [['Wrong words.', 'Delete that.'], ''],
  // The user's own words.
  ['Ask zsuzsanna about github.', 'Ask Zsuzsanna about GitHub.'],
  ['Run sue dough, then post gress.', 'Run sudo, then Postgres.'],
  ['My address.', '1 Main Street\nSpringfield'],
  ['Write to insert my address please', 'Write to 1 Main Street\nSpringfield please'],
  ['My address is new.', 'My address is new.'],
  [['Thank you.', 'Best regards.'], 'Thank you. Best regards,\nAda'],
  ['one neue Zeile two line feed three', 'one\ntwo\nthree'],
  // Spaces.
  [['One.', 'Two.'], 'One. Two.'],
  [['One', ', two'], 'One, two'],
  [['', 'One.'], 'One.'],
  [['今日は。', '元気です。'], '今日は。元気です。'],
  [['Well…', '"Yes," he said.'], 'Well… "Yes," he said.'],
];

for (const [sentences, want] of cases)
  t.test(`${JSON.stringify(sentences)} is written ${JSON.stringify(want)}`, async (t) => {
    t.equal(written([sentences].flat()), want);
  });

t.test('in a terminal a spoken line break and one in a snippet are spaces', async (t) => {
  t.equal(
    written(['Echo one. New line. Echo two.', 'My address.'], 'space'),
    'Echo one. Echo two. 1 Main Street Springfield',
  );
});

t.test('a language without a table has no commands, but the user’s words', async (t) => {
  const reader = new SpokenReader(selectLanguage('de'), dictionary!);
  t.same(
    reader.read('Das comma ist github', 0, 'complete').pieces.map((piece) => 'text' in piece && piece.text),
    ['Das', 'comma', 'ist', 'GitHub'],
  );
});

t.test('every command of every language works said alone, under each of its names', async (t) => {
  for (const [code, language] of Object.entries(LANGUAGES))
    for (const { phrases, action: does } of language.commands)
      for (const phrase of phrases) {
        const reader = new SpokenReader(selectLanguage(code), { ...dictionary!, snippets: new Map() });
        const sentence = `${phrase[0]!.toUpperCase()}${phrase.slice(1)}.`;
        t.match(reader.read(sentence, 0, 'complete').pieces[0], { kind: does.kind }, sentence);
      }
});

t.test('text that grows is read as it would be read at once, and nothing read is read otherwise later', async () => {
  const word = fc.constantFrom(
    ...['new', 'line', 'Line.', 'comma', 'comma,', 'the', 'a', 'question', 'mark', 'mark.', 'scratch', 'that', 'that.'],
    ...[
      'literal',
      'insert',
      'my',
      'address',
      'sue',
      'dough',
      'dough,',
      'hello',
      'Hello.',
      'dash',
      'of',
      'period',
      'long',
    ],
    ...['open', 'close', 'quote', 'quote.', 'full', 'stop', 'paragraph'],
  );
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 14 }), (words) => {
      const text = words.join(' ');
      // A snippet that is a whole sentence is known at its end alone.
      if (/^my address[.,]?$/i.test(text)) return;
      const pieces = [];
      let read = 0;
      for (let count = 1; count <= words.length; count++) {
        const step = english.read(words.slice(0, count).join(' '), read, 'open');
        pieces.push(...step.pieces);
        read = step.read;
      }
      pieces.push(...english.read(text, read, 'complete').pieces);
      deepEqual(pieces, english.read(text, 0, 'complete').pieces, text);
    }),
    { numRuns: 2_000 },
  );
});

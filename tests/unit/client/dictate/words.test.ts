import t from 'tap';
import { EMPTY_DICTIONARY, parseDictionary, toVocabulary } from '../../../../client/cli/dictate/core/dictionary.ts';
import { Field } from '../../../../client/cli/dictate/core/field.ts';
import {
  compactHistory,
  foldHistory,
  selectForReinsertion,
  WAITING_MAX,
} from '../../../../client/cli/dictate/core/history.ts';
import { selectLanguage } from '../../../../client/cli/dictate/core/language.ts';
import { Plan, type PlanInput, type PlanSettings } from '../../../../client/cli/dictate/core/plan.ts';
import type { SpokenPiece } from '../../../../client/cli/dictate/core/spoken.ts';
import { SpokenReader } from '../../../../client/cli/dictate/core/spoken.ts';
import { describeReady, parseInstanceRequest } from '../../../../client/cli/dictate/core/verbs.ts';
import { isPossibleTerminal, selectInsertionMethod } from '../../../../client/cli/dictate/core/window.ts';

const english = new SpokenReader(selectLanguage('en'), EMPTY_DICTIONARY);
const pieces = (text: string): readonly SpokenPiece[] => english.read(text, 0, 'complete').pieces;
const settings = { language: selectLanguage('en'), newline: 'keep', revise: 'may' } as const;

t.test('a broken dictionary is reported with the place, the value and what was expected', async (t) => {
  const check = (value: unknown, want: RegExp): void => {
    const outcome = parseDictionary(typeof value === 'string' ? value : JSON.stringify(value));
    t.match('problem' in outcome ? outcome.problem : 'none', want);
  };
  check('{"names": [}', /^it is not JSON: /);
  check([], /^it is a list; wanted is an object with names, replacements, snippets, commands$/);
  check({ nmes: [] }, /^nmes is not known; there are names/);
  check({ names: 'Ada' }, /^names is "Ada"; wanted is a list like/);
  check({ names: ['Ada', 7] }, /^names\[1\] is 7; wanted is 1 to 7 words/);
  check({ replacements: ['a'] }, /^replacements is a list; wanted is an object like/);
  check({ replacements: { 'sue dough': 1 } }, /^replacements\["sue dough"\] is 1; wanted is text$/);
  check({ snippets: { '...': 'x' } }, /^snippets\["\.\.\."\]: what is said must be 1 to 7 words/);
  check({ snippets: { a: 'x'.repeat(10_001) } }, /has 10001 characters; at most 10000/);
  check(
    { commands: { zeile: 'new lines' } },
    /^commands\["zeile"\] is "new lines"; wanted is a command: new line, next line/,
  );
  check({ names: Array.from({ length: 2_001 }, (_, i) => `n${i}`) }, /^names has 2001 entries; at most 2000/);
  check({}, /none/);
});

t.test('as many names are sent to the recogniser as a server accepts', async (t) => {
  const names = (count: number, length: number): string[] => Array.from({ length: count }, () => 'x'.repeat(length));
  t.equal(toVocabulary({ ...EMPTY_DICTIONARY, names: names(300, 3) }).length, 100);
  t.equal(toVocabulary({ ...EMPTY_DICTIONARY, names: names(50, 90) }).join('').length, 990);
});

t.test('undo is first as spoken, then gone, then what came before', async (t) => {
  const field = new Field(settings);
  field.place({ sentence: '1', pieces: pieces('One.') });
  field.place({ sentence: '2', pieces: pieces('Send it.'), raw: pieces('Um, send it.') });
  t.match(field.undo(), { remove: 8, text: 'Um, send it.', outcome: 'raw', removed: [] });
  t.match(field.undo(), { remove: 13, text: '', outcome: 'gone', removed: ['2'] });
  t.match(field.undo(), { remove: 4, text: '', outcome: 'gone', removed: ['1'] });
  t.equal(field.undo(), undefined);
  t.equal(field.content, '');
});

t.test('undo after scratch that puts back what was scratched', async (t) => {
  const field = new Field(settings);
  field.place({ sentence: '1', pieces: pieces('One.') });
  t.match(field.place({ sentence: '2', pieces: pieces('Scratch that.') }), { remove: 4, text: '', removed: ['1'] });
  t.match(field.undo(), { remove: 0, text: 'One.', removed: [] });
  t.match(field.place({ sentence: '3', pieces: pieces('Scratch that.') }), { remove: 4, removed: ['1'] });
});

t.test('what is taken back is counted in characters as Backspace takes them', async (t) => {
  const field = new Field(settings);
  field.place({ sentence: '1', pieces: [{ kind: 'words', text: 'Né 👩‍🚀🇩🇪 é' }] });
  t.equal(field.undo()?.remove, 7);
});

t.test('where nothing may be taken back, a named mark behind a mark is left out', async (t) => {
  const field = new Field({ ...settings, revise: 'never' });
  field.place({ sentence: '1', pieces: pieces('How are you.') });
  t.same(field.place({ sentence: '2', pieces: pieces('Question mark.') }), { remove: 0, text: '', removed: [] });
  field.place({ sentence: '3', pieces: pieces('And you') });
  t.same(field.place({ sentence: '4', pieces: pieces('Question mark.') }), { remove: 0, text: '?', removed: [] });
});

t.test('a copy of a field goes its own way', async (t) => {
  const field = new Field(settings);
  field.place({ sentence: '1', pieces: pieces('Send it.'), raw: pieces('Um, send it.') });
  const copy = field.with(settings);
  copy.undo();
  copy.undo();
  t.equal(copy.content, '');
  t.match(field.undo(), { outcome: 'raw' });
});

t.test('a field that grows long forgets what can no longer be taken back, and goes on', async (t) => {
  const field = new Field(settings);
  let whole = '';
  for (let at = 0; at < 3_000; at++)
    whole += field.place({ sentence: `${at}`, pieces: pieces(`Sentence ${at}.`) }).text;
  t.equal(whole.split(/(?<=\.) /).length, 3_000);
  t.ok(field.content.length <= 20_000);
  t.match(field.undo(), { remove: 15 });
});

const plan = (change: Partial<PlanSettings> = {}): { read(input: PlanInput): unknown[] } => {
  const whole = new Plan({
    ...{ dictation: 'd', mode: 'sentence', cleanWaitMs: 500, language: 'en', reader: () => english, ...change },
  });
  const text = (each: readonly SpokenPiece[]): string =>
    each.map((piece) => ('text' in piece ? piece.text : piece.kind)).join(' ');
  return {
    read: (input) =>
      whole
        .read(input)
        .map((output) =>
          output.kind === 'wait'
            ? `wait ${output.sentence}`
            : `${output.sentences} ${text(output.pieces)}${output.raw ? ` (${text(output.raw)})` : ''}`,
        ),
  };
};
const final = (sentence: number, text: string): PlanInput => ({ kind: 'final', sentence, text, language: 'en' });

t.test('a sentence waits for its cleaning, and never overtakes the one before', async (t) => {
  const { read } = plan();
  t.same(read(final(1, 'Um one.')), ['wait 1']);
  t.same(read(final(2, 'Two.')), ['wait 2']);
  t.same(read({ kind: 'cleaned', sentence: 2, text: 'Two!' }), []);
  t.same(read({ kind: 'cleaned', sentence: 1, text: 'One.' }), ['1 One. (Um one.)', '2 Two! (Two.)']);
  t.same(read(final(3, 'Three.')), ['wait 3']);
  t.same(read({ kind: 'uncleaned', sentence: 3 }), ['3 Three.'], 'late: as spoken');
  t.same(read({ kind: 'cleaned', sentence: 3, text: 'Four.' }), [], 'and never again');
  t.same(read(final(4, 'Last.')), ['wait 4']);
  t.same(read({ kind: 'over' }), ['4 Last.']);
});

t.test('a server that cleans nothing is waited for three times, until it does clean', async (t) => {
  const { read } = plan();
  for (const sentence of [1, 2, 3]) {
    t.same(read(final(sentence, 'One.')), [`wait ${sentence}`]);
    read({ kind: 'uncleaned', sentence });
  }
  t.same(read(final(4, 'Four.')), ['4 Four.']);
  read({ kind: 'cleaned', sentence: 4, text: 'Four!' });
  t.same(read(final(5, 'Five.')), ['wait 5']);
});

t.test('a cleaning that lost a command is not used, one that is empty is', async (t) => {
  const { read } = plan();
  read(final(1, 'One, new line, two.'));
  t.same(read({ kind: 'cleaned', sentence: 1, text: 'One, two.' }), ['1 One, \n two.']);
  read(final(2, 'Um.'));
  t.same(read({ kind: 'cleaned', sentence: 2, text: '' }), ['2  (Um.)']);
});

t.test('live text grows by words; a command waits until it is one; the final brings the rest', async (t) => {
  const { read } = plan({ mode: 'live' });
  const partial = (sentence: number, stable: string): PlanInput => ({ kind: 'partial', sentence, stable });
  t.same(read(partial(1, 'Dear')), [' Dear']);
  t.same(read(partial(1, 'Dear Ada')), [' Ada']);
  t.same(read(partial(1, 'Dear Ada comma')), []);
  t.same(read(partial(1, 'Dear Ada comma new')), [' ,']);
  t.same(read(partial(2, 'Then')), [], 'the next sentence waits for this one');
  t.same(read(final(1, 'Dear Ada comma new friends.')), ['1 new friends.', ' Then']);
  t.same(read(final(2, 'Then rain.')), ['2 rain.']);
});

t.test('a live sentence that never became final is ended by the next one', async (t) => {
  const { read } = plan({ mode: 'live' });
  t.same(read({ kind: 'partial', sentence: 1, stable: 'Well' }), [' Well']);
  t.same(read(final(2, 'Two.')), ['1 ', '2 Two.']);
});

t.test('the history folds its lines, whatever a killed writer left at the end', async (t) => {
  const lines = [
    '{"kind":"said","id":"a.1","at":"t","text":"Um one.","toMs":900}',
    '{"kind":"cleaned","id":"a.1","text":"One."}',
    '{"kind":"said","id":"a.2","at":"t","text":"Two."}',
    '{"kind":"state","id":"a.1","state":"inserted"}',
    '{"kind":"state","id":"nobody","state":"inserted"}',
    '{"kind":"state","id":"a.2","state":"eaten"}',
    'null',
    '{"kind":"said","id":"a.3","at":"t","te',
  ];
  const items = foldHistory(lines);
  t.match(items, [
    { id: 'a.1', raw: 'Um one.', text: 'One.', state: 'inserted', toMs: 900 },
    { id: 'a.2', raw: 'Two.', text: 'Two.', state: 'waiting' },
  ]);
  t.equal(items.length, 2);
  t.same(foldHistory(compactHistory(items, 10)), items, 'and is the same when it is written anew');
  t.same(
    foldHistory(compactHistory(items, 0)).map(({ id }) => id),
    ['a.2'],
    'what waits stays',
  );
  const many = foldHistory(
    Array.from({ length: WAITING_MAX + 5 }, (_, i) =>
      JSON.stringify({ kind: 'said', id: `b.${i}`, at: '', text: 'x' }),
    ),
  );
  t.equal(foldHistory(compactHistory(many, 1)).length, WAITING_MAX, 'up to a bound');
});

t.test('again is what is named, else what waits, else the last dictation', async (t) => {
  const item = (id: string, state: 'inserted' | 'waiting' | 'lost') => ({
    id,
    at: '',
    raw: '',
    text: '',
    state,
    toMs: 0,
  });
  const done = [item('a.1', 'inserted'), item('b.1', 'inserted'), item('b.2', 'inserted')];
  const ids = (items: readonly { id: string }[]): string[] => items.map(({ id }) => id);
  t.same(ids(selectForReinsertion(done, undefined)), ['b.1', 'b.2']);
  t.same(ids(selectForReinsertion([item('a.1', 'waiting'), ...done.slice(1), item('c.1', 'lost')], undefined)), [
    'a.1',
    'c.1',
  ]);
  t.same(ids(selectForReinsertion(done, 'b.2')), ['b.2']);
  t.same(ids(selectForReinsertion(done, 'b')), ['b.1', 'b.2']);
  t.same(selectForReinsertion([], undefined), []);
});

t.test('a line of the socket is a verb alone or a request; anything else is answered with what there is', async (t) => {
  t.same(parseInstanceRequest('toggle\n'), { verb: 'toggle' });
  t.same(parseInstanceRequest('{"verb":"again","id":"b.2","clipboard":true,"count":-1}'), {
    verb: 'again',
    id: 'b.2',
    clipboard: true,
  });
  for (const line of ['', 'explode', '{"verb":"explode"}', '{}', 'null', '[]', '{"verb":7}'])
    t.match(parseInstanceRequest(line), { problem: /is not known; there are begin, end, cancel/ }, line);
});

t.test('an instance says in plain English what it does with speech', async (t) => {
  t.equal(
    describeReady('sentence', 'window', 'X11 (xdotool, pasting with xclip)'),
    'Ready: each sentence is inserted when it is complete, into the focused window, using X11 (xdotool, pasting with xclip). ' +
      '`sotto dictate toggle` begins and ends a dictation, `sotto dictate stop` ends this program.',
  );
  t.match(describeReady('live', 'clipboard', 'clipboard (xclip)'), /^Ready: words .* you speak, into the clipboard\. /);
  t.match(describeReady('hold', 'stdout', 'stdout'), /^Ready: everything .* end the dictation, to standard output\. /);
});

t.test('terminals are known by their programs', async (t) => {
  for (const program of [
    'kitty',
    'org.wezfurlong.wezterm',
    'Gnome-terminal',
    'foot',
    'XTerm',
    'URxvt',
    'WindowsTerminal',
    'iTerm2',
    'Terminal',
  ])
    t.ok(isPossibleTerminal(program), String(program));
  for (const program of ['firefox', 'Code', 'Slack', 'gedit', 'clipboard', 'standard output'])
    t.notOk(isPossibleTerminal(program), program);
  t.ok(isPossibleTerminal(undefined), 'what nobody names may be one');
  t.equal(selectInsertionMethod('Emacs'), 'type');
  t.equal(selectInsertionMethod(undefined), 'paste');
});

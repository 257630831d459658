import t, { type Test } from 'tap';
import { LIMITS } from '../../protocol/index.ts';
import { splitQuery } from '../../server/core/transcript/search-text.ts';
import type { TranscriptAddition, TranscriptCalls, TranscriptPlace } from '../../server/ports/transcripts.ts';
import { TEXT_FORMS, type TextForm } from '../../transcript/index.ts';

const OWNER = 'key-a';
const STRANGER = 'key-b';

export const final = (sentence: number, text: string, fromMs = sentence * 1_000): TranscriptAddition => ({
  ...{ kind: 'final', channel: 0, sentence, text, language: 'en', fromMs, toMs: fromMs + 800 },
  words: text.split(' ').map((word, i) => ({ text: word, fromMs: fromMs + i, toMs: fromMs + i + 1, confidence: 0.9 })),
});

/** A transcript of `OWNER` with one session in it. */
export function begin(
  store: TranscriptCalls,
  title = 'Monday',
  startedMs = 1_000,
): { id: string; place: TranscriptPlace } {
  const created = store.create(OWNER, { title, startedMs });
  if (typeof created === 'string') throw new Error(created);
  const { id } = created;
  const place = store.join(OWNER, id, 'session');
  if (typeof place === 'string') throw new Error(place);
  return { id, place };
}

/** What every store of transcripts keeps. `reopen` gives what the next process would find. */
export function transcriptContract(
  name: string,
  open: (nowMs: () => number) => { readonly store: TranscriptCalls; reopen(): TranscriptCalls; remove(): void },
): void {
  const test = (
    title: string,
    run: (t: Test, store: TranscriptCalls, clock: { nowMs: number }, reopen: () => TranscriptCalls) => void,
  ) =>
    t.test(`${name}: ${title}`, async (t) => {
      const clock = { nowMs: 5_000 };
      const { store, reopen, remove } = open(() => clock.nowMs);
      t.teardown(remove);
      run(t, store, clock, reopen);
    });
  const found = (store: TranscriptCalls, query: string): string[] =>
    store.list(OWNER, { words: splitQuery(query), limit: 100 }).transcripts.map(({ title }) => title);

  test('the next process reads what was written, in the order it was spoken', (t, store, _, reopen) => {
    const { id, place } = begin(store);
    t.equal(store.add(place, [final(2, 'Second one.'), final(1, 'First one.')]), 'done');
    t.equal(
      store.add(place, [
        { kind: 'cleaned', channel: 0, sentence: 2, text: 'Second.' },
        { kind: 'audio', audioMs: 9_000 },
      ]),
      'done',
    );
    const next = reopen();
    const transcript = next.read(OWNER, id);
    const plain = { part: 1, channel: 0, highlight: false, language: 'en' };
    t.same(transcript, {
      ...{
        id,
        title: 'Monday',
        startedAt: '1970-01-01T00:00:01.000Z',
        durationMs: 9_000,
        language: 'en',
        speakers: {},
      },
      sentences: [
        { ...plain, sentence: 1, text: 'First one.', fromMs: 1_000, toMs: 1_800 },
        { ...plain, sentence: 2, text: 'Second one.', cleaned: 'Second.', fromMs: 2_000, toMs: 2_800 },
      ],
      notes: [],
    });
    t.same(next.readWords(OWNER, id)?.get('1.0.1')?.[1], { text: 'one.', fromMs: 1_001, toMs: 1_002, confidence: 0.9 });
    t.same(next.list(OWNER, { words: [], limit: 5 }).transcripts, [
      { id, title: 'Monday', startedAt: '1970-01-01T00:00:01.000Z', durationMs: 9_000, sentences: 2 },
    ]);
  });

  test('a sentence that is added again stays as it is', (t, store) => {
    const { id, place } = begin(store);
    store.add(place, [final(1, 'As it was.')]);
    store.updateSentence(OWNER, id, '1.0.1', { correction: 'As I say.', highlight: true });
    store.add(place, [final(1, 'Something else.'), { kind: 'cleaned', channel: 0, sentence: 1, text: 'As was.' }]);
    const { sentences } = store.read(OWNER, id)!;
    t.match(sentences, [{ text: 'As it was.', cleaned: 'As was.', correction: 'As I say.', highlight: true }]);
    t.equal(sentences.length, 1);
    t.equal(store.list(OWNER, { words: [], limit: 1 }).transcripts[0]?.sentences, 1);
  });

  test('a revision stands beside what was first heard, replaces the cleaning of it, and is found', (t, store, _, reopen) => {
    const { id, place } = begin(store);
    const of = { channel: 0, sentence: 1 };
    const words = [{ text: 'Whale', fromMs: 1_100, toMs: 1_400, confidence: 0.8 }];
    const additions: TranscriptAddition[] = [
      final(1, 'Well.'),
      { kind: 'cleaned', ...of, text: 'Well, yes.' },
      { kind: 'revised', ...of, text: 'Whale', words },
    ];
    store.add(place, additions);
    t.same(Object.keys(store.read(OWNER, id)!.sentences[0]!).includes('cleaned'), false, 'it was of other words');
    store.add(place, [{ kind: 'cleaned', ...of, text: 'Well, too late.' }]);
    t.notOk('cleaned' in store.read(OWNER, id)!.sentences[0]!, 'nor does one come behind it');
    store.add(place, [{ kind: 'cleaned', ...of, text: 'A whale.', revised: true }, additions[2]!]);
    store.updateSentence(OWNER, id, '1.0.1', { correction: 'The whale.' });
    const next = reopen();
    const layers = { text: 'Well.', revised: 'Whale', cleaned: 'A whale.', correction: 'The whale.' };
    t.match(next.read(OWNER, id)?.sentences, [layers]);
    t.same(next.readWords(OWNER, id, 'revised'), new Map([['1.0.1', words]]));
    t.equal(next.readWords(OWNER, id)?.get('1.0.1')?.[0]?.text, 'Well.');
    for (const query of ['well', 'whale']) t.same(found(next, query), ['Monday'], query);
    t.same(found(next, 'yes'), [], 'a cleaning that was replaced is not found');
    const read = (form: TextForm): string =>
      new TextDecoder()
        .decode(next.export(OWNER, id, 'txt', form)!.bytes)
        .split('] ')[1]!
        .trim();
    t.same(TEXT_FORMS.map(read), ['The whale.', 'Whale', 'Well.']);
  });

  test('a revision that is taken back takes its cleaning with it, and is not found any more', (t, store, _, reopen) => {
    const { id, place } = begin(store);
    const of = { channel: 0, sentence: 1 };
    const words = [{ text: 'Whale', fromMs: 1_100, toMs: 1_400, confidence: 0.8 }];
    store.add(place, [final(1, 'Well.'), { kind: 'cleaned', ...of, text: 'Well, yes.' }]);
    store.add(place, [{ kind: 'unrevised', ...of }]);
    t.match(store.read(OWNER, id)?.sentences, [{ cleaned: 'Well, yes.' }], 'there was none');
    store.add(place, [
      { kind: 'revised', ...of, text: 'Whale', words },
      { kind: 'cleaned', ...of, text: 'A whale.', revised: true },
      { kind: 'unrevised', ...of },
    ]);
    const next = reopen();
    const [sentence] = next.read(OWNER, id)!.sentences;
    t.equal(sentence?.text, 'Well.');
    t.notOk('revised' in sentence! || 'cleaned' in sentence!);
    t.same(next.readWords(OWNER, id, 'revised'), new Map());
    t.same(found(next, 'whale'), []);
    t.same(found(next, 'well'), ['Monday']);
    next.add(place, [{ kind: 'cleaned', ...of, text: 'Well, well.' }]);
    t.match(next.read(OWNER, id)?.sentences, [{ cleaned: 'Well, well.' }]);
  });

  test('the next session begins behind all that is there', (t, store) => {
    const { id, place } = begin(store);
    t.same(place, { transcript: id, part: 1, atMs: 0 });
    store.add(place, [final(1, 'One.', 4_000), { kind: 'audio', audioMs: 6_500 }, { kind: 'audio', audioMs: 6_000 }]);
    t.same(store.join(OWNER, id, 'another'), { transcript: id, part: 2, atMs: 6_500 });
    t.equal(store.read(OWNER, id)?.durationMs, 6_500, 'audio that did not come counts for nothing');
  });

  test('nobody sees, changes or goes on with what another key has', (t, store) => {
    const { id, place } = begin(store);
    store.add(place, [final(1, 'A secret.')]);
    store.saveNote(OWNER, id, 'n', { atMs: 1, text: 'secret note' });
    t.equal(store.read(STRANGER, id), undefined);
    t.same(store.list(STRANGER, { words: splitQuery('secret'), limit: 9 }).transcripts, []);
    t.equal(store.join(STRANGER, id, 's'), 'unknown');
    t.equal(store.update(STRANGER, id, { title: 'Mine' }), 'unknown');
    t.equal(store.updateSentence(STRANGER, id, '1.0.1', { highlight: true }), 'unknown');
    t.equal(store.saveNote(STRANGER, id, 'n', { atMs: 1, text: '' }), 'unknown');
    t.equal(store.deleteNote(STRANGER, id, 'n'), 'unknown');
    t.equal(store.remove(STRANGER, id), 'unknown');
    t.match(store.read(OWNER, id), { title: 'Monday', notes: [{ text: 'secret note' }] });
  });

  test('a correction is taken back by null, and an empty one is one', (t, store) => {
    const { id, place } = begin(store);
    store.add(place, [final(1, 'Some words.')]);
    t.equal(store.updateSentence(OWNER, id, '1.0.1', { correction: '' }), 'done');
    t.equal(store.read(OWNER, id)?.sentences[0]?.correction, '');
    t.equal(store.updateSentence(OWNER, id, '1.0.1', { correction: null }), 'done');
    t.notOk('correction' in store.read(OWNER, id)!.sentences[0]!);
    for (const name of ['1.0.2', '2.0.1', '1.1.1', '1.0.1.1', 'x'])
      t.equal(store.updateSentence(OWNER, id, name, {}), 'unknown', name);
  });

  test('notes are put, put again and taken away', (t, store) => {
    const { id } = begin(store);
    t.equal(store.saveNote(OWNER, id, 'b', { atMs: 900, text: 'later' }), 'done');
    t.equal(store.saveNote(OWNER, id, 'a', { atMs: 200, text: 'draft' }), 'done');
    t.equal(store.saveNote(OWNER, id, 'a', { atMs: 100, text: 'earlier' }), 'done');
    t.same(store.read(OWNER, id)?.notes, [
      { id: 'a', atMs: 100, text: 'earlier' },
      { id: 'b', atMs: 900, text: 'later' },
    ]);
    t.equal(store.deleteNote(OWNER, id, 'a'), 'done');
    t.equal(store.deleteNote(OWNER, id, 'a'), 'unknown');
    t.same(found(store, 'earlier'), []);
    t.same(found(store, 'later'), ['Monday']);
  });

  test('titles, speakers, translations and a summary are kept', (t, store) => {
    const { id, place } = begin(store);
    store.add(place, [
      final(1, 'Good morning.'),
      { kind: 'translated', channel: 0, sentence: 1, language: 'de', text: 'Guten Morgen.' },
    ]);
    store.add(place, [{ kind: 'translated', channel: 0, sentence: 1, language: 'fr', text: 'Bonjour.' }]);
    store.update(OWNER, id, { speakers: { 0: 'Me', 1: 'Zoë' } });
    store.update(OWNER, id, { title: 'Stand-up' });
    const summary = {
      summary: [{ text: 'x', from: ['1.0.1'] }],
      decisions: [],
      actions: [],
      model: 'm',
      createdAt: 'now',
      dropped: 0,
    };
    t.equal(store.saveSummary(OWNER, id, summary), 'done');
    t.match(store.read(OWNER, id), {
      ...{ title: 'Stand-up', speakers: { 0: 'Me', 1: 'Zoë' }, summary },
      sentences: [{ translations: { de: 'Guten Morgen.', fr: 'Bonjour.' } }],
    });
    t.same(found(store, 'bonjour'), ['Stand-up']);
    t.same(found(store, 'monday'), []);
  });

  test('a search finds all its words anywhere in a transcript, whatever their case and accents', (t, store) => {
    const { id, place } = begin(store, 'Budget');
    store.add(place, [final(1, 'The new machine is in Málaga.'), final(2, 'Um, nobody likes it.')]);
    store.add(place, [{ kind: 'cleaned', channel: 0, sentence: 2, text: 'Nobody likes it.' }]);
    store.updateSentence(OWNER, id, '1.0.2', { correction: 'Everybody likes it.' });
    const other = begin(store, 'Other', 2_000);
    store.add(other.place, [final(1, '明日の会議は東京です。 100% _sure_ "quoted"')]);
    for (const [query, titles] of [
      ['MALAGA', ['Budget']],
      ['machine nobody', ['Budget']],
      ['everybody budget', ['Budget']],
      ['machine tokyo', []],
      ['会議', ['Other']],
      ['東', ['Other']],
      ['"new machine"', ['Budget']],
      ['"machine new"', []],
      ['100%', ['Other']],
      ['_sure_', ['Other']],
      ['it', ['Budget']],
      ['" *', ['Other', 'Budget']],
      ['nothing', []],
      ['"new machine is in malaga"', ['Budget']],
    ] as const)
      t.same(found(store, query), titles, query);
  });

  test('a search shows the words around what it found, and where', (t, store) => {
    const { id, place } = begin(store, 'Budget');
    const long = `${'before '.repeat(30)}the Crème brûlée${' after'.repeat(40)}`;
    store.add(place, [final(1, 'Nothing here.'), final(2, long)]);
    store.saveNote(OWNER, id, 'n1', { atMs: 1, text: 'ask for the recipe' });
    const hit = (query: string) => store.list(OWNER, { words: splitQuery(query), limit: 1 }).transcripts[0];
    t.match(hit('brulee')?.snippet, /^….*before the Crème brûlée after.*…$/);
    t.ok(hit('brulee')!.snippet!.length < 220);
    t.same(hit('brulee')?.found, { sentence: '1.0.2' });
    t.match(hit('recipe'), { snippet: 'ask for the recipe', found: { note: 'n1' } });
    t.match(hit('budget'), { snippet: 'Budget', found: {} });
    t.match(hit('nothing recipe'), { found: { sentence: '1.0.1' } });
  });

  test('pages of a list have everything once, the newest first', (t, store) => {
    for (let i = 0; i < 7; i++) store.create(OWNER, { title: `${i}`, startedMs: Math.floor(i / 2) });
    const titles: string[] = [];
    let before: string | undefined;
    let pages = 0;
    do {
      const page = store.list(OWNER, { words: [], limit: 3, before });
      titles.push(...page.transcripts.map(({ title }) => title));
      before = page.next;
      pages++;
    } while (before !== undefined);
    t.same(titles, ['6', '5', '4', '3', '2', '1', '0']);
    t.equal(pages, 3);
  });

  test('what was deleted is gone, and a session cannot bring it back', (t, store) => {
    const { id, place } = begin(store);
    store.add(place, [final(1, 'Forget this.')]);
    t.equal(store.remove(OWNER, id), 'done');
    t.equal(store.remove(OWNER, id), 'unknown');
    t.equal(store.add(place, [final(2, 'And this.')]), 'unknown');
    t.equal(store.read(OWNER, id), undefined);
    t.same(found(store, 'forget'), []);
  });

  test('old transcripts go, those that were changed lately stay', (t, store, clock) => {
    const old = begin(store, 'Old');
    clock.nowMs = 9_000;
    begin(store, 'New');
    clock.nowMs = 20_000;
    const future = begin(store, 'From a clock that was wrong');
    const unchanged = store.listChangedOutside(9_000, 30_000);
    t.same(unchanged, [{ id: old.id, changedMs: 5_000 }]);
    t.same(store.listChangedOutside(0, 19_000), [{ id: future.id, changedMs: 20_000 }]);
    store.remove(OWNER, future.id);
    t.equal(store.expire(unchanged), 1);
    t.equal(store.expire(unchanged), 0);
    t.equal(store.read(OWNER, old.id), undefined);
    t.same(found(store, ''), ['New']);
  });

  test('an old transcript that is changed after it was listed stays', (t, store, clock) => {
    const { id } = begin(store);
    const unchanged = store.listChangedOutside(9_000, 30_000);
    clock.nowMs = 10_000;
    store.saveNote(OWNER, id, 'n', { atMs: 0, text: 'still of use' });
    t.equal(store.expire(unchanged), 0);
    t.ok(store.read(OWNER, id));
  });

  test('a session that never came to be leaves no part behind, and no other part is taken', (t, store) => {
    const { id, place } = begin(store);
    store.add(place, [final(1, 'One.')]);
    const next = store.join(OWNER, id, 'another');
    if (typeof next === 'string') throw new Error(next);
    store.undoJoin(next);
    t.same(store.join(OWNER, id, 'a third'), next, 'its number is free again');
    store.undoJoin(place);
    t.equal(store.read(OWNER, id)?.sentences.length, 1);
    t.same(store.join(OWNER, id, 'a fourth'), { ...next, part: 3 });
  });

  test('only what nobody said or noted anything in is removed as empty', (t, store) => {
    const empty = begin(store, 'Empty');
    const spoken = begin(store, 'Said');
    const noted = begin(store, 'Noted');
    store.add(empty.place, [{ kind: 'audio', audioMs: 900 }]);
    store.add(spoken.place, [final(1, 'One.')]);
    store.saveNote(OWNER, noted.id, 'n', { atMs: 0, text: 'A note.' });
    for (const { id } of [empty, spoken, noted]) store.removeEmpty(STRANGER, id);
    t.equal(found(store, '').length, 3);
    for (const { id } of [empty, spoken, noted]) store.removeEmpty(OWNER, id);
    t.same(new Set(found(store, '')), new Set(['Said', 'Noted']));
  });

  test('a document and an export are what a reader would make of it', (t, store) => {
    const { id, place } = begin(store);
    store.add(place, [final(1, 'Good morning.')]);
    const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
    t.same(JSON.parse(text(store.readJson(OWNER, id))), store.read(OWNER, id));
    const file = store.export(OWNER, id, 'txt');
    t.equal(file?.name, 'Monday.txt');
    store.update(OWNER, id, { title: 'a/b\u202e<c>' });
    t.equal(store.export(OWNER, id, 'txt')?.name, 'a b c.txt', 'a name that every disk and screen takes');
    t.match(text(file?.bytes), /^Monday\n[\s\S]*Good morning\.\n$/);
    t.match(text(store.export(OWNER, id, 'json')?.bytes), /"confidence"/, 'with its words');
    for (const nobodys of [store.readJson(STRANGER, id), store.export(STRANGER, id, 'md')]) t.equal(nobodys, undefined);
  });

  test('a transcript has bounds', (t, store) => {
    const { id, place } = begin(store);
    for (let i = 0; i < LIMITS.notesMax; i++) store.saveNote(OWNER, id, `n${i}`, { atMs: i, text: '' });
    t.equal(store.saveNote(OWNER, id, 'more', { atMs: 0, text: '' }), 'full');
    t.equal(store.saveNote(OWNER, id, 'n0', { atMs: 0, text: 'changed' }), 'done');
    store.add(
      place,
      Array.from({ length: LIMITS.sentencesMax }, (_, i) => final(i + 1, 'x')),
    );
    t.equal(store.add(place, [final(LIMITS.sentencesMax + 1, 'y')]), 'full');
    t.equal(store.add(place, [final(1, 'again')]), 'done');
  });

  test('a setting is kept for its owner', (t, store, _, reopen) => {
    store.writeSetting(OWNER, 'template', 'Short, please.');
    const next = reopen();
    t.equal(next.readSetting(OWNER, 'template'), 'Short, please.');
    t.equal(next.readSetting(STRANGER, 'template'), undefined);
    next.writeSetting(OWNER, 'template', undefined);
    t.equal(next.readSetting(OWNER, 'template'), undefined);
  });
}

import { mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { AudioInput } from '../../client/cli/dictate/audio-input.ts';
import { DictionaryFile } from '../../client/cli/dictate/dictionary-file.ts';
import { HistoryFile } from '../../client/cli/dictate/history-file.ts';
import { Instance, type InstanceSettings } from '../../client/cli/dictate/instance.ts';
import { SpareSession } from '../../client/cli/dictate/spare-session.ts';
import { ScriptedInserter } from '../support/scripted-inserter.ts';
import { openScriptedServer, type ScriptedServer, script, sound } from '../support/scripted-server.ts';
import { simulateDelay, until } from '../support/until.ts';

/** Two sentences of a second and more each, with a pause between. */
const WORDS = [...script('Dear Ada comma thanks.', 0.2), ...script('New line. See you soon.', 2.2)];
const SPANS = [
  [0.2, 1.4],
  [2.2, 3.7],
] as const;
const SOUND = sound(5, SPANS);
const FORMAT = { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 1, channelMode: 'mix' } as const;

/** Hears the same sound in each dictation, at once, and then nothing until it is stopped. */
class ScriptedInput implements AudioInput {
  async capture() {
    let stop!: () => void;
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    return {
      format: FORMAT,
      stop,
      async *chunks() {
        for (let at = 0; at < SOUND.length; at += 1_600) {
          yield new Uint8Array(SOUND.buffer, at * 2, Math.min(1_600, SOUND.length - at) * 2);
          await simulateDelay(2);
        }
        await stopped;
      },
    };
  }

  close(): void {}
}

interface Scene {
  readonly inserter: ScriptedInserter;
  readonly history: HistoryFile;
  readonly instance: Instance;
  readonly messages: string[];
  readonly folder: string;
  /** Begins, hears everything, ends. */
  dictate(): Promise<void>;
}

let server: ScriptedServer;
t.before(async () => {
  server = await openScriptedServer(WORDS, 32);
});
t.teardown(() => server.close());

function open(t: Test, settings: Partial<InstanceSettings> = {}): Scene {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-'));
  const inserter = new ScriptedInserter();
  const history = new HistoryFile(join(folder, 'history.jsonl'), 100);
  const messages: string[] = [];
  const spareSession = new SpareSession(
    () => ({ url: server.url, language: 'en' }),
    (text) => messages.push(text),
  );
  const instance = new Instance({
    ...{ inserter, history, spareSession, server: server.url, audioInput: new ScriptedInput() },
    dictionary: new DictionaryFile(join(folder, 'dictionary.json'), 'by default'),
    notify: (text) => messages.push(text),
    print: () => {},
    stopped: () => {},
    settings: {
      ...{ mode: 'sentence', cleanWaitMs: 500, language: 'en', enter: 'never', windows: 'same', revise: 'may' },
      ...{ joinMs: 60_000, tailMs: 0, recordings: join(folder, 'sound'), ...settings },
    },
  });
  t.teardown(() => {
    spareSession.close();
    history.close();
  });
  const dictate = async (): Promise<void> => {
    t.match(await instance.answer({ verb: 'begin' }), { ok: true });
    t.match(await instance.answer({ verb: 'end' }), { ok: true });
  };
  return { inserter, history, instance, messages, folder, dictate };
}

const TEXT = 'Dear Ada, thanks.\nSee you soon.';

t.test('what is said is in the field, with its commands done, and in the history as inserted', async (t) => {
  const { inserter, history, dictate, folder } = open(t);
  await dictate();
  t.equal(inserter.text(), TEXT);
  t.same(
    history.items.map(({ raw, state }) => [raw, state]),
    [
      ['Dear Ada comma thanks.', 'inserted'],
      ['New line.', 'inserted'],
      ['See you soon.', 'inserted'],
    ],
  );
  t.equal(statSync(join(folder, 'history.jsonl')).mode & 0o077, 0, 'others may not read it');
  t.same(readdirSync(join(folder, 'sound')), [], 'no sound is kept');
  await dictate();
  t.equal(inserter.text(), `${TEXT} ${TEXT}`, 'the next dictation goes on behind it with one space');
});

t.test('text never goes into another window than the one it began in: it goes to the clipboard', async (t) => {
  const { inserter, history, instance, messages } = open(t);
  await instance.answer({ verb: 'begin' });
  inserter.window = { id: 'chat', program: 'chat' };
  await instance.answer({ verb: 'end' });
  t.same([inserter.text('editor'), inserter.text('chat')], ['', '']);
  t.equal(inserter.clipboard, TEXT);
  t.equal(messages.length, 1, 'and is reported once');
  t.match(messages[0], /Another window has the focus/);
  t.same([...new Set(history.items.map(({ state }) => state))], ['clipboard']);
  t.match(await instance.answer({ verb: 'undo' }), { text: 'There is nothing to take back.' });
});

t.test('with --any-window it goes wherever the focus is', async (t) => {
  const { inserter, instance } = open(t, { windows: 'any' });
  await instance.answer({ verb: 'begin' });
  inserter.window = { id: 'chat', program: 'chat' };
  await instance.answer({ verb: 'end' });
  t.equal(inserter.text('chat'), TEXT);
});

t.test('where windows cannot be identified nothing is typed unless any window is allowed', async (t) => {
  const { inserter, instance } = open(t);
  inserter.canIdentifyWindow = false;
  t.match(await instance.answer({ verb: 'begin' }), { ok: true, text: /--any-window/ });
  await instance.answer({ verb: 'end' });
  t.same([inserter.text(), inserter.clipboard], ['', TEXT]);
  const blind = open(t);
  blind.inserter.focus = () => Promise.reject(new Error('Install the extension.'));
  t.match(await blind.instance.answer({ verb: 'begin' }), { ok: true, text: /^Install the extension\. Text goes to/ });
  await blind.instance.answer({ verb: 'end' });
  t.same([blind.inserter.text(), blind.inserter.clipboard], ['', TEXT]);
  const any = open(t, { windows: 'any' });
  any.inserter.focus = () => Promise.reject(new Error('Install the extension.'));
  await any.dictate();
  t.equal(any.inserter.text(), TEXT.replace('\n', ' '), 'a window that nobody names may be a terminal');
});

t.test('in a terminal a spoken line break is a space, unless Enter is allowed', async (t) => {
  for (const [enter, text] of [
    ['never', TEXT.replace('\n', ' ')],
    ['ok', TEXT],
  ] as const) {
    const { inserter, dictate } = open(t, { enter });
    inserter.window = { id: 'editor', program: 'kitty' };
    await dictate();
    t.equal(inserter.text(), text);
  }
});

t.test('text that could not be inserted is reported, recorded as lost, and inserted by again', async (t) => {
  const { inserter, history, instance, dictate, messages } = open(t);
  inserter.failure = 'xdotool did not work: no.';
  await dictate();
  t.equal(inserter.text(), '');
  t.match(messages[0], /xdotool did not work: no\. It is in the history/);
  t.ok(history.items.every(({ state }) => state === 'lost'));
  t.match(await instance.answer({ verb: 'status' }), { status: { waiting: 3, inserted: 0, phase: 'idle' } });
  inserter.failure = undefined;
  t.match(await instance.answer({ verb: 'again' }), { ok: true, text: '3 sentences inserted again.' });
  t.equal(inserter.text(), TEXT, 'with its commands done');
  t.match(await instance.answer({ verb: 'status' }), { status: { waiting: 0 } });
  t.match(await instance.answer({ verb: 'again', id: history.items[2]!.id }), { ok: true });
  t.equal(inserter.text(), `${TEXT} See you soon.`);
  t.match(await instance.answer({ verb: 'again', clipboard: true }), { ok: true });
  t.equal(inserter.clipboard, TEXT);
  t.match(await instance.answer({ verb: 'again', id: 'nonsense' }), { ok: false });
});

t.test('undo takes back sentence by sentence, and only in its window', async (t) => {
  const { inserter, history, instance, dictate } = open(t);
  await dictate();
  inserter.window = { id: 'chat', program: 'chat' };
  t.match(await instance.answer({ verb: 'undo' }), { text: /Another window/ });
  t.equal(inserter.text(), TEXT);
  inserter.window = { id: 'editor', program: 'editor' };
  await instance.answer({ verb: 'undo' });
  t.equal(inserter.text(), 'Dear Ada, thanks.\n');
  t.equal(history.items[2]?.state, 'removed');
  await instance.answer({ verb: 'undo' });
  await instance.answer({ verb: 'undo' });
  t.equal(inserter.text(), '');
  t.match(await instance.answer({ verb: 'undo' }), { text: 'There is nothing to take back.' });
});

t.test('cancel inserts nothing more and keeps no sound', async (t) => {
  const { inserter, history, instance, folder } = open(t, { mode: 'hold' });
  await instance.answer({ verb: 'begin' });
  await until(() => history.items.length > 0);
  t.match(await instance.answer({ verb: 'cancel' }), { ok: true });
  t.equal(inserter.text(), '');
  t.ok(history.items.every(({ state }) => state === 'cancelled'));
  t.same(readdirSync(join(folder, 'sound')), []);
  t.match(await instance.answer({ verb: 'cancel' }), { ok: false, text: 'There is nothing to cancel.' });
});

t.test('live mode inserts words as they become stable and never takes one back', async (t) => {
  const { inserter, dictate } = open(t, { mode: 'live', revise: 'never' });
  await dictate();
  t.equal(inserter.text(), TEXT);
  t.ok(inserter.edits.length > 3, `${inserter.edits.length} insertions`);
  t.ok(inserter.edits.every((edit) => edit.startsWith('+')));
});

t.test('hold mode inserts everything at once at the end', async (t) => {
  const { inserter, dictate } = open(t, { mode: 'hold' });
  await dictate();
  t.same(inserter.edits, [`+${TEXT}`]);
});

t.test('a dictation that begins while the last one is still inserted comes behind it', async (t) => {
  const { inserter, instance } = open(t);
  let free!: () => void;
  inserter.gate = new Promise((resolve) => {
    free = resolve;
  });
  await instance.answer({ verb: 'toggle' });
  const first = instance.answer({ verb: 'toggle' });
  t.match(await instance.answer({ verb: 'begin' }), { ok: true });
  t.match(await instance.answer({ verb: 'begin' }), { ok: false, text: 'It listens already.' });
  const second = instance.answer({ verb: 'end' });
  free();
  await Promise.all([first, second]);
  t.equal(inserter.text(), `${TEXT} ${TEXT}`);
  t.match(await instance.answer({ verb: 'end' }), { ok: false });
});

t.test(
  'the dictionary is read again when it changes; a broken one is reported and the last one stays in force',
  async (t) => {
    const { inserter, dictate, folder, messages } = open(t);
    const path = join(folder, 'dictionary.json');
    writeFileSync(path, '{"names": ["ADA"], "replacements": {"soon": "later"}}');
    await dictate();
    t.equal(inserter.text(), 'Dear ADA, thanks.\nSee you later.');
    writeFileSync(path, '{"names": "Ada"}');
    inserter.window = { id: 'other', program: 'editor' };
    await dictate();
    t.match(messages[0], /names is "Ada"; wanted is a list/);
    t.equal(inserter.text('other'), 'Dear ADA, thanks.\nSee you later.');
  },
);

t.test(
  'a microphone that cannot be opened, and a server that is gone, are answers and leave nothing open',
  async (t) => {
    const gone = await openScriptedServer([], 4);
    await gone.close();
    const audioInput: AudioInput = { capture: () => Promise.reject(new Error('No microphone.')), close: () => {} };
    const spareSession = new SpareSession(
      () => ({ url: gone.url }),
      () => {},
    );
    t.teardown(() => spareSession.close());
    const folder = mkdtempSync(join(tmpdir(), 'sotto-'));
    const history = new HistoryFile(join(folder, 'history.jsonl'), 10);
    const parts = {
      ...{
        inserter: new ScriptedInserter(),
        history,
        server: gone.url,
        notify: () => {},
        print: () => {},
        stopped: () => {},
      },
      dictionary: new DictionaryFile(join(folder, 'dictionary.json'), 'by default'),
      settings: {
        ...({
          mode: 'sentence',
          cleanWaitMs: 0,
          language: 'en',
          enter: 'never',
          windows: 'same',
          revise: 'may',
        } as const),
        ...{ joinMs: 0, tailMs: 0, recordings: undefined },
      },
    };
    await t.rejects(new Instance({ ...parts, spareSession, audioInput }).answer({ verb: 'begin' }), /No microphone/);
    const deaf = new Instance({ ...parts, spareSession, audioInput: new ScriptedInput() });
    await t.rejects(deaf.answer({ verb: 'begin' }), /cannot be reached/);
    t.equal(deaf.phase, 'idle');
    t.match(await deaf.answer({ verb: 'end' }), { ok: false });
  },
);

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import type { TranscriptCalls } from '../../../server/ports/transcripts.ts';
import { openDatabase } from '../../../server/store/open-database.ts';
import { openTranscripts, type TranscriptFolder } from '../../../server/store/open-transcripts.ts';
import { SqliteTranscripts } from '../../../server/store/sqlite-transcripts.ts';
import { CallQueue } from '../../../server/store/thread/call-queue.ts';
import type { FromThread } from '../../../server/store/thread-messages.ts';
import { TranscriptThread } from '../../../server/store/transcript-thread.ts';
import { begin, final } from '../../contract/transcripts.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

const OWNER = 'key-a';
const UNAVAILABLE = { code: 'STORE_UNAVAILABLE' };

function folderOf(t: Test): TranscriptFolder {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-thread-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const bounds = { bytesMax: 0, bytesPerOwnerMax: 0 };
  return {
    folder,
    sync: 'never',
    bounds,
    onBrokenFile: () => t.fail('a sound file'),
    onError: (error) => t.error(error),
  };
}

/** A program of a thread that says it is open, then does this with each message. */
function programOf(t: Test, body: string): URL {
  const path = join(folderOf(t).folder, 'program.mjs');
  writeFileSync(
    path,
    `import { parentPort } from 'node:worker_threads';
     parentPort.on('message', (message) => { ${body} });
     parentPort.postMessage({ kind: 'open' });`,
  );
  return pathToFileURL(path);
}

t.test('the thread does every call of the port', async (t) => {
  const file = folderOf(t);
  const store = await openTranscripts(file);
  const created = await store.create(OWNER, { title: 'Monday', startedMs: 1_000 });
  if (typeof created === 'string') return t.fail(created);
  const { id } = created;
  const place = await store.join(OWNER, id, 'session');
  if (typeof place === 'string') return t.fail(place);
  t.equal(await store.add(place, [final(1, 'Hello there.')]), 'done');
  const next = await store.join(OWNER, id, 'another');
  if (typeof next !== 'string') await store.undoJoin(next);
  t.equal(await store.update(OWNER, id, { title: 'Tuesday' }), 'done');
  t.equal(await store.updateSentence(OWNER, id, '1.0.1', { highlight: true }), 'done');
  t.equal(await store.saveNote(OWNER, id, 'n', { atMs: 1, text: 'note' }), 'done');
  const summary = { summary: [], decisions: [], actions: [], model: 'm', createdAt: 'now', dropped: 0 };
  t.equal(await store.saveSummary(OWNER, id, summary), 'done');
  const read = await store.read(OWNER, id);
  t.match(read, { title: 'Tuesday', notes: [{ id: 'n' }], sentences: [{ text: 'Hello there.', highlight: true }] });
  t.equal((await store.readWords(OWNER, id))?.get('1.0.1')?.length, 2);
  t.same(JSON.parse(new TextDecoder().decode(await store.readJson(OWNER, id))), read);
  t.equal((await store.export(OWNER, id, 'srt'))?.name, 'Tuesday.srt');
  t.equal((await store.list(OWNER, { words: ['hello'], limit: 5 })).transcripts.length, 1);
  t.equal(await store.deleteNote(OWNER, id, 'n'), 'done');
  await store.writeSetting(OWNER, 'template', 'short');
  t.equal(await store.readSetting(OWNER, 'template'), 'short');
  await store.removeEmpty(OWNER, id);
  const old = await store.listChangedOutside(Date.now() + 1_000, Date.now() + 2_000);
  t.equal(old.length, 1);
  t.equal(await store.expire(old), 1);
  t.equal(await store.remove(OWNER, id), 'unknown');
  await store.close();
  await t.rejects(store.list(OWNER, { words: [], limit: 1 }), UNAVAILABLE);
});

t.test('an error keeps its code on its way', async (t) => {
  const store = await openTranscripts(folderOf(t));
  const surrogate = { toString: 'no text' } as unknown as string;
  await t.rejects(store.readSetting(OWNER, surrogate), Error);
  const program = programOf(
    t,
    `if (message.kind === 'close') parentPort.postMessage({ kind: 'closed' });
     else parentPort.postMessage({ kind: 'failed', id: message.id, error: { name: 'SqliteError', message: 'x', code: 'SQLITE_FULL' } });`,
  );
  const failing = await TranscriptThread.start({ ...folderOf(t), program }, () => {});
  await t.rejects(failing.readSetting(OWNER, 'x'), { code: 'SQLITE_FULL' });
  await Promise.all([store.close(), failing.close()]);
});

t.test('a thread that ends fails its calls, and the next call finds another', async (t) => {
  const failed: unknown[] = [];
  const program = programOf(
    t,
    `if (message.call === 'writeSetting') throw new Error('broken');
     if (message.kind === 'close') parentPort.postMessage({ kind: 'closed' });
     else parentPort.postMessage({ kind: 'done', id: message.id, value: 'alive' });`,
  );
  const store = await TranscriptThread.start(
    { ...folderOf(t), program, onError: (error) => failed.push(error) },
    () => {},
  );
  t.equal(await store.readSetting(OWNER, 'x'), 'alive');
  await t.rejects(store.writeSetting(OWNER, 'x', 'y'), UNAVAILABLE);
  t.match(failed, [{ message: 'broken' }]);
  await t.rejects(store.readSetting(OWNER, 'x'), { message: /ended a moment ago/ });
  let answer: string | undefined;
  const hasAnswered = async (): Promise<boolean> => {
    answer = await store.readSetting(OWNER, 'x').catch(() => undefined);
    return answer !== undefined;
  };
  await until(hasAnswered, { what: 'another thread answers', everyMs: 50 });
  t.equal(answer, 'alive');
  await store.close();
});

t.test('a thread that does not answer fills no memory, and holds up no end', async (t) => {
  const program = programOf(t, `if (message.kind === 'close') process.exit();`);
  let released = 0;
  const store = await TranscriptThread.start({ ...folderOf(t), program }, () => released++);
  const calls = Array.from({ length: 2_001 }, () =>
    store.readSetting(OWNER, 'x').catch((error: Error) => error.message),
  );
  t.match(await calls.at(-1), /2000 calls wait/);
  await store.close();
  t.same(new Set((await Promise.all(calls)).slice(0, -1)), new Set(['the transcript thread ended']));
  t.equal(released, 1);
});

/** A store with a transcript of so many sentences, and a queue whose turns are taken by hand. */
function queued(t: Test, sentences: number) {
  const { folder } = folderOf(t);
  const open = () =>
    new SqliteTranscripts(openDatabase({ folder, sync: 'never', nowMs: Date.now, onBrokenFile: () => {} }), {
      nowMs: Date.now,
    });
  const store = open();
  const { id, place } = begin(store);
  store.add(
    place,
    Array.from({ length: sentences }, (_, i) => final(i + 1, `Quokka number ${i}.`)),
  );
  const turns: (() => void)[] = [];
  const answers: FromThread[] = [];
  const clock = new ManualClock();
  const queueOf = (store: SqliteTranscripts): CallQueue =>
    new CallQueue(store, {
      post: (message) => answers.push(message),
      runLater: (turn) => turns.push(turn),
      setTimer: (ms, run) => clock.setTimer(ms, run),
    });
  const turn = (): void => turns.shift()?.();
  const contents = (): string =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'latin1'))
      .join();
  return { contents, open, store, id, place, turns, turn, answers, clock, queueOf };
}

const createCall =
  (queue: CallQueue) =>
  (id: number, call: keyof TranscriptCalls, ...args: unknown[]): void =>
    queue.enqueue({ kind: 'call', id, call, args });

t.test('a long removal lets others in between its steps, and is seen by nobody after the first', async (t) => {
  const { contents, store, id, turn, answers, queueOf } = queued(t, 300);
  const queue = queueOf(store);
  const call = createCall(queue);
  call(1, 'remove', OWNER, id);
  turn();
  t.same(answers, [], 'it is not done');
  let between = 1;
  while (!answers.some((message) => message.kind === 'done' && message.id === 1)) {
    call(++between, 'read', OWNER, id);
    turn();
    t.ok(
      answers.some((message) => message.kind === 'done' && message.id === between && message.value === undefined),
      `call ${between} is answered in its turn`,
    );
  }
  t.ok(between > 6, `${between} calls in between`);
  t.notMatch(contents(), /quokka/i);
  let closed = false;
  queue.close(() => {
    closed = true;
  });
  turn();
  t.ok(closed);
});

t.test('no call does the rest of a removal at once', async (t) => {
  const { store, id, turn, answers, queueOf } = queued(t, 300);
  const empty = begin(store, 'Empty').id;
  const noted = begin(store, 'Noted').id;
  store.saveNote(OWNER, noted, 'n', { atMs: 0, text: 'note' });
  const call = createCall(queueOf(store));
  call(1, 'remove', OWNER, id);
  call(2, 'removeEmpty', OWNER, empty);
  call(3, 'deleteNote', OWNER, noted, 'n');
  let taken = 0;
  for (; answers.length < 3; taken++) turn();
  t.ok(taken > 6, `${taken} turns`);
  t.equal(store.read(OWNER, empty), undefined);
  t.same(store.read(OWNER, noted)?.notes, []);
});

t.test('what live sessions ask for is done first', async (t) => {
  const { store, id, place, turn, answers, queueOf } = queued(t, 3);
  const call = createCall(queueOf(store));
  for (let i = 1; i <= 5; i++) call(i, 'export', OWNER, id, 'json');
  call(6, 'add', place, [final(9, 'A live sentence.')]);
  call(7, 'create', OWNER, { title: 'New', startedMs: 0 });
  turn();
  t.same(
    answers.map((message) => 'id' in message && message.id),
    [6, 7, 1],
  );
  for (let i = 0; i < 4; i++) turn();
  t.equal(answers.length, 7);
});

t.test('what could not be erased is reported and tried again', async (t) => {
  const { contents, store, id, turns, turn, answers, clock, queueOf } = queued(t, 300);
  let isFull = true;
  const failing = new Proxy(store, {
    get: (target, name) => {
      if (name === 'eraseInSteps' && isFull) return fullDisk;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  function* fullDisk(): Generator<void, void> {
    yield;
    throw Object.assign(new Error('no room'), { code: 'SQLITE_FULL' });
  }
  const queue = queueOf(failing);
  const call = createCall(queue);
  store.removeInSteps(OWNER, id).next();
  // The first step hides it; the rest fails.
  call(1, 'writeSetting', OWNER, 'x', 'y');
  turn();
  const next = queueOf(failing);
  while (turns.length > 0) turn();
  t.match(answers.at(-1), { kind: 'not-erased', error: { code: 'SQLITE_FULL' } });
  t.match(contents(), /quokka/i);
  clock.pass(30_000);
  while (turns.length > 0) turn();
  t.equal(answers.filter(({ kind }) => kind === 'not-erased').length, 2);
  isFull = false;
  clock.pass(30_000);
  while (turns.length > 0) turn();
  let closed = false;
  next.close(() => {
    closed = true;
  });
  while (turns.length > 0) turn();
  t.ok(closed);
  t.notMatch(contents(), /quokka/i);
  t.equal(clock.waiting, 0);
});

t.test('a removal that its process did not finish is finished by the next, before the file is closed', async (t) => {
  const { contents, open, store, id, turns, turn, queueOf } = queued(t, 300);
  const removal = store.removeInSteps(OWNER, id);
  removal.next();
  removal.next();
  store.close();
  t.match(contents(), /quokka/i, 'it stopped in the middle');
  const next = open();
  t.equal(next.read(OWNER, id), undefined);
  let closed = false;
  queueOf(next).close(() => {
    closed = true;
  });
  while (!closed && turns.length > 0) turn();
  t.ok(closed);
  t.notMatch(contents(), /quokka/i);
});

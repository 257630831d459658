import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

const OWNER = 'key-a';
const UNAVAILABLE = { code: 'STORE_UNAVAILABLE' };

function folderOf(t: Test): TranscriptFolder {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-thread-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const bounds = { bytesMax: 0, bytesPerOwnerMax: 0 };
  return { folder, sync: 'never', bounds, brokenFile: () => t.fail('a sound file'), failed: (error) => t.error(error) };
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
  if (typeof next !== 'string') await store.unjoin(next);
  t.equal(await store.change(OWNER, id, { title: 'Tuesday' }), 'done');
  t.equal(await store.mark(OWNER, id, '1.0.1', { highlight: true }), 'done');
  t.equal(await store.note(OWNER, id, 'n', { atMs: 1, text: 'note' }), 'done');
  const summary = { summary: [], decisions: [], actions: [], model: 'm', createdAt: 'now', dropped: 0 };
  t.equal(await store.summarise(OWNER, id, summary), 'done');
  const read = await store.read(OWNER, id);
  t.match(read, { title: 'Tuesday', notes: [{ id: 'n' }], sentences: [{ text: 'Hello there.', highlight: true }] });
  t.equal((await store.words(OWNER, id))?.get('1.0.1')?.length, 2);
  t.same(JSON.parse(new TextDecoder().decode(await store.document(OWNER, id))), read);
  t.equal((await store.export(OWNER, id, 'srt'))?.name, 'Tuesday.srt');
  t.equal((await store.list(OWNER, { words: ['hello'], limit: 5 })).transcripts.length, 1);
  t.equal(await store.unnote(OWNER, id, 'n'), 'done');
  await store.set(OWNER, 'template', 'short');
  t.equal(await store.setting(OWNER, 'template'), 'short');
  await store.removeEmpty(OWNER, id);
  const old = await store.changedOutside(Date.now() + 1_000, Date.now() + 2_000);
  t.equal(old.length, 1);
  t.equal(await store.expire(old), 1);
  t.equal(await store.remove(OWNER, id), 'unknown');
  await store.close();
  await t.rejects(store.list(OWNER, { words: [], limit: 1 }), UNAVAILABLE);
});

t.test('an error keeps its code on its way', async (t) => {
  const store = await openTranscripts(folderOf(t));
  const surrogate = { toString: 'no text' } as unknown as string;
  await t.rejects(store.setting(OWNER, surrogate), Error);
  const program = programOf(
    t,
    `if (message.kind === 'close') parentPort.postMessage({ kind: 'closed' });
     else parentPort.postMessage({ kind: 'failed', id: message.id, error: { name: 'SqliteError', message: 'x', code: 'SQLITE_FULL' } });`,
  );
  const failing = await TranscriptThread.start({ ...folderOf(t), program }, () => {});
  await t.rejects(failing.setting(OWNER, 'x'), { code: 'SQLITE_FULL' });
  await Promise.all([store.close(), failing.close()]);
});

t.test('a thread that ends fails its calls, and the next call finds another', async (t) => {
  const failed: unknown[] = [];
  const program = programOf(
    t,
    `if (message.call === 'set') throw new Error('broken');
     if (message.kind === 'close') parentPort.postMessage({ kind: 'closed' });
     else parentPort.postMessage({ kind: 'done', id: message.id, value: 'alive' });`,
  );
  const store = await TranscriptThread.start(
    { ...folderOf(t), program, failed: (error) => failed.push(error) },
    () => {},
  );
  t.equal(await store.setting(OWNER, 'x'), 'alive');
  await t.rejects(store.set(OWNER, 'x', 'y'), UNAVAILABLE);
  t.match(failed, [{ message: 'broken' }]);
  await t.rejects(store.setting(OWNER, 'x'), { message: /ended a moment ago/ });
  let answer: string | undefined;
  while (answer === undefined) {
    answer = await store.setting(OWNER, 'x').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  t.equal(answer, 'alive');
  await store.close();
});

t.test('a thread that does not answer fills no memory, and holds up no end', async (t) => {
  const program = programOf(t, `if (message.kind === 'close') process.exit();`);
  let released = 0;
  const store = await TranscriptThread.start({ ...folderOf(t), program }, () => released++);
  const calls = Array.from({ length: 2_001 }, () => store.setting(OWNER, 'x').catch((error: Error) => error.message));
  t.match(await calls.at(-1), /2000 calls wait/);
  await store.close();
  t.same(new Set((await Promise.all(calls)).slice(0, -1)), new Set(['the thread of transcripts ended']));
  t.equal(released, 1);
});

/** A store with a transcript of so many sentences, and a queue whose later steps are run by hand. */
function queued(t: Test, sentences: number) {
  const { folder } = folderOf(t);
  const open = () =>
    new SqliteTranscripts(openDatabase({ folder, sync: 'never', nowMs: Date.now, brokenFile: () => {} }), {
      nowMs: Date.now,
    });
  const store = open();
  const { id, place } = begin(store);
  store.add(
    place,
    Array.from({ length: sentences }, (_, i) => final(i + 1, `Quokka number ${i}.`)),
  );
  const steps: (() => void)[] = [];
  const posted: FromThread[] = [];
  const queueOf = (store: SqliteTranscripts): CallQueue =>
    new CallQueue(store, { post: (message) => posted.push(message), later: (step) => steps.push(step) });
  return { folder, open, store, id, steps, posted, queueOf };
}

t.test('a long removal lets others in between its steps, and is seen by nobody after the first', async (t) => {
  const { folder, store, id, steps, posted, queueOf } = queued(t, 300);
  const queue = queueOf(store);
  const call = (number: number, call: keyof TranscriptCalls, ...args: unknown[]): void =>
    queue.put({ kind: 'call', id: number, call, args });
  call(1, 'remove', OWNER, id);
  t.same(posted, [], 'it is not done');
  let between = 1;
  while (!posted.some((message) => message.kind === 'done' && message.id === 1)) {
    call(++between, 'read', OWNER, id);
    t.match(posted.at(-1), { kind: 'done', id: between, value: undefined });
    steps.shift()?.();
  }
  t.ok(between > 6, `${between} calls in between`);
  t.notMatch(readFileSync(join(folder, 'transcripts.db'), 'latin1'), /quokka/i);
  let closed = false;
  queue.close(() => {
    closed = true;
  });
  t.ok(closed);
});

t.test('a removal that its process did not finish is finished by the next, before the file is closed', async (t) => {
  const { folder, open, store, id, steps, queueOf } = queued(t, 300);
  const removal = store.removing(OWNER, id);
  removal.next();
  removal.next();
  store.close();
  t.match(readFileSync(join(folder, 'transcripts.db'), 'latin1'), /quokka/i, 'it stopped in the middle');
  const next = open();
  t.equal(next.read(OWNER, id), undefined);
  let closed = false;
  queueOf(next).close(() => {
    closed = true;
  });
  while (!closed && steps.length > 0) steps.shift()?.();
  t.ok(closed);
  t.notMatch(readFileSync(join(folder, 'transcripts.db'), 'latin1'), /quokka/i);
});

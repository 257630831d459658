import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { WebSocket } from 'ws';
import { connect, type ServerEvent, type Session, Transcripts } from '../../client/sdk/index.ts';
import { FileJournalStore } from '../../server/store/file-journal-store.ts';
import { listeningLog } from '../support/listening-log.ts';
import { bundle, freePort, startScriptedProcess } from '../support/scripted-process.ts';
import { finalsOf, openScriptedServer, script, sound } from '../support/scripted-server.ts';
import { startServerProcess } from '../support/server-process.ts';
import { SmallDisk, whyNoSmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

const skip = whyNoSmallDisk();
const SENTENCES = 10;
const SECONDS = 3;
const TEXTS = Array.from({ length: SENTENCES }, (_, i) => `Now comes sentence ${i}.`);
const WORDS = TEXTS.flatMap((text, i) => script(text, i * SECONDS + 0.6));
const SOUND = sound(
  SENTENCES * SECONDS,
  TEXTS.map((_, i) => [i * SECONDS + 0.5, i * SECONDS + 1.9] as const),
);
const MEGABYTE = 1_048_576;

function diskOf(t: { teardown(end: () => void): void }, bytes: number): SmallDisk {
  const disk = new SmallDisk(bytes);
  t.teardown(() => disk.remove());
  return disk;
}

interface Talk {
  readonly session: Session;
  readonly events: ServerEvent[];
  readonly over: Promise<void>;
  /** Says sentences up to this one, and waits until all of them are final. */
  sayTo(sentence: number): Promise<void>;
}

function talk(session: Session): Talk {
  const events: ServerEvent[] = [];
  const reading = async (): Promise<void> => {
    for await (const event of session) events.push(event);
  };
  let at = 0;
  return {
    ...{ session, events, over: reading() },
    sayTo: async (sentence) => {
      const end = sentence * SECONDS * 16_000;
      for (; at < end; at += 1_600) {
        session.send(SOUND.subarray(at, at + 1_600));
        await session.sent();
        // Lets answers come between frames, as they do in real time.
        await new Promise((resolve) => setImmediate(resolve));
      }
      await until(() => finalsOf(events).length >= sentence);
    },
  };
}

/** Whether all have a journal. What a session says is what tries again, so each is made to say something. */
async function journalled(talks: readonly Talk[], folder: string): Promise<boolean> {
  for (const { session } of talks) await session.flush();
  return journalsIn(folder).length === talks.length;
}

const journalsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.journal'));

t.test('sessions go on while the disk fills, and are journalled again when there is room', { skip }, async (t) => {
  const disk = diskOf(t, 8 * MEGABYTE);
  const folder = join(disk.folder, 'journal');
  const { log, lines } = listeningLog();
  const open = (at: string): FileJournalStore =>
    new FileJournalStore({ folder: at, sync: 'always', sessionBytesMax: 1 << 26, bytesMax: 1 << 30 });
  const server = await openScriptedServer(WORDS, 8, { store: open(folder), log });
  t.teardown(() => server.close());
  const talks = await Promise.all([1, 2, 3].map(async () => talk(await server.connect())));
  await Promise.all(talks.map((each) => each.sayTo(1)));
  t.equal(journalsIn(folder).length, 3);
  // What is left is filled by what they say.
  disk.fill(8_192);
  await Promise.all(talks.map((each) => each.sayTo(3)));
  t.equal(lines.filter((line) => /^error a journal cannot be written.*ENOSPC/.test(line)).length, 1, lines.join('\n'));
  disk.fill();
  await Promise.all(talks.map((each) => each.sayTo(4)));
  disk.clear();
  await Promise.all(talks.map((each) => each.sayTo(5)));
  await until(() => journalled(talks, folder));
  await Promise.all(talks.map((each) => each.sayTo(SENTENCES - 1)));
  t.equal(journalsIn(folder).length, 3, 'all are journalled again');
  t.match(lines.at(-1), /^info sessions are journalled again/);
  await t.test('and the next process goes on from them', async (t) => {
    const copy = mkdtempSync(join(tmpdir(), 'sotto-copy-'));
    t.teardown(() => rmSync(copy, { recursive: true, force: true }));
    // Before the copy: what comes after it the next process cannot know.
    const { seq } = talks[0]!.events.at(-1)!;
    for (const name of journalsIn(folder)) cpSync(join(folder, name), join(copy, name));
    const next = await openScriptedServer(WORDS, 8, { store: open(copy) });
    t.teardown(() => next.close());
    t.equal(next.registry.size, 3);
    const { secret, session: id } = talks[0]!.session.ready;
    const socket = new WebSocket(`${next.url.replace('http', 'ws')}/v1/stream?resume=${id}`, ['sotto.v1']);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.send(JSON.stringify({ type: 'start', resume: { session: id, secret, seq } }));
    const events: ServerEvent[] = [];
    socket.on('message', (data) => {
      const event = JSON.parse(String(data)) as ServerEvent;
      events.push(event);
      if (event.type !== 'resumed') return;
      socket.send(SOUND.subarray(event.samples));
      socket.send('{"type":"finish"}');
    });
    await new Promise((resolve) => socket.once('close', resolve));
    t.equal(events[0]?.type, 'resumed', JSON.stringify(events[0]));
    t.same(finalsOf(events), TEXTS.slice(-1));
  });
  for (const { session, over, events } of talks) {
    await session.finish();
    await over;
    t.same(finalsOf(events), TEXTS.slice(0, -1));
  }
});

t.test('a server that starts on a full disk journals its sessions once there is room', { skip }, async (t) => {
  const disk = diskOf(t, 8 * MEGABYTE);
  const folder = join(disk.folder, 'journal');
  disk.fill();
  const store = new FileJournalStore({ folder, sync: 'always', sessionBytesMax: 1 << 26, bytesMax: 1 << 30 });
  const server = await openScriptedServer(WORDS, 8, { store });
  t.teardown(() => server.close());
  const early = talk(await server.connect());
  await early.sayTo(1);
  t.same(journalsIn(folder), []);
  disk.clear();
  await until(() => journalled([early], folder));
  await early.session.finish();
  await early.over;
  t.same(finalsOf(early.events), TEXTS.slice(0, 1));
});

t.test(
  'a transcript on a full disk: the client gets a notice, and it is complete once there is room',
  { skip },
  async (t) => {
    const program = await bundle('scripted-process-main', 'transcript-thread-main');
    t.teardown(() => program.remove());
    const disk = diskOf(t, 8 * MEGABYTE);
    const setup = {
      ...{ words: WORDS, port: await freePort() },
      ...{ folder: join(disk.folder, 'journal'), transcripts: join(disk.folder, 'transcripts') },
    };
    const start = () => startScriptedProcess(join(program.folder, 'scripted-process-main.mjs'), setup);
    let server = await start();
    t.teardown(() => server.kill());
    const session = await connect({ url: server.url, WebSocket: WebSocket as never, keep: {} });
    const { transcript } = await session.opened;
    const kept = async (): Promise<string[]> =>
      (await new Transcripts({ url: server.url }).read(transcript!)).sentences.map(({ text }) => text);
    const talking = talk(session);
    const skipped = (): ServerEvent[] =>
      talking.events.filter((event) => event.type === 'notice' && event.code === 'keep.skipped');
    await talking.sayTo(1);
    disk.fill();
    await talking.sayTo(4);
    await until(() => skipped().length > 0);
    t.match(
      skipped(),
      [{ text: /cannot be written \(SQLITE_\w+\); it will be tried again/ }],
      'once, however long it lasts',
    );
    t.equal(journalsIn(setup.folder).length, 0);
    disk.clear();
    // What could not be written is tried again every few seconds.
    await talking.sayTo(5);
    await until(async () => (await kept()).length >= 5);
    t.same(await kept(), TEXTS.slice(0, 5));
    await until(() => journalled([talking], setup.folder));
    await talking.sayTo(7);
    await server.kill();
    server = await start();
    await talking.sayTo(SENTENCES);
    await session.finish();
    await talking.over;
    t.same(finalsOf(talking.events), TEXTS, 'each once, in spite of the full disk and the kill after it');
    await until(async () => (await kept()).length >= SENTENCES);
    t.same(await kept(), TEXTS);
    t.equal(skipped().length, 1);
  },
);

t.test('a folder that turns read-only under live sessions ends none of them', { skip }, async (t) => {
  const disk = diskOf(t, 8 * MEGABYTE);
  const folder = join(disk.folder, 'journal');
  const { log, lines } = listeningLog();
  const store = new FileJournalStore({ folder, sync: 'always', sessionBytesMax: 1 << 26, bytesMax: 1 << 30 });
  const server = await openScriptedServer(WORDS, 8, { store, log });
  t.teardown(() => server.close());
  const early = talk(await server.connect());
  await early.sayTo(2);
  disk.coverReadOnly();
  const late = talk(await server.connect());
  await Promise.all([early.sayTo(4), late.sayTo(4)]);
  t.equal(lines.filter((line) => /^error a journal cannot be written.*(EROFS|ENOENT)/.test(line)).length, 1);
  disk.uncover();
  await until(() => journalled([early, late], folder));
  await Promise.all([early.sayTo(SENTENCES), late.sayTo(SENTENCES)]);
  t.match(lines.at(-1), /^info sessions are journalled again/);
  for (const { session, over, events } of [early, late]) {
    await session.finish();
    await over;
    t.same(finalsOf(events), TEXTS);
  }
});

t.test(
  'a data folder that is read-only from the start: what cannot be written is said, and served',
  { skip },
  async (t) => {
    const disk = diskOf(t, 8 * MEGABYTE);
    disk.makeReadOnly();
    const options = ['--model', 'tiny.en', '--cleanup', 'rules', '--port', '0', '--data', disk.folder];
    const { output, url, child } = await startServerProcess(options, (end) => t.teardown(end));
    const about = (text: string): string[] =>
      output
        .text()
        .split('\n')
        .filter((line) => line.includes(text));
    const [line = '', ...more] = about('the data folder cannot be written: sessions would not survive');
    t.ok(line.includes(`"folder":"${disk.folder}"`), line);
    t.same(more, []);
    t.equal(about('no transcripts are kept').length, 1, 'in the same line');
    t.notMatch(output.text(), /^\s+at .*:\d+:\d+/m, 'no stack');
    const session = await connect({ url, WebSocket: WebSocket as never, keep: {} });
    const events: ServerEvent[] = [];
    const reading = (async () => {
      for await (const event of session) events.push(event);
    })();
    session.send(new Int16Array(16_000));
    await session.finish();
    await reading;
    t.match(events, [{ type: 'ready' }, { type: 'notice', code: 'keep.skipped', text: /cannot be written \(E\w+\)/ }]);
    t.equal(events.at(-1)?.type, 'done');
    child.kill('SIGTERM');
    t.equal(await output.exit, 0);
  },
);

t.test('keys on a full disk: the file stays as it is, and the reason is one line', { skip }, async (t) => {
  const disk = diskOf(t, 128 * 1_024);
  const path = join(disk.folder, 'keys.json');
  const keys = (...args: readonly string[]) => {
    const program = fileURLToPath(new URL('../../server/admin/keys.ts', import.meta.url));
    const command = ['--import=tsx', program, '--data', disk.folder, ...args];
    const env = { ...process.env, NODE_OPTIONS: '' };
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', env });
    return { status, stdout, stderr };
  };
  t.equal(keys('add', 'first').status, 0);
  const before = readFileSync(path, 'utf8');
  disk.fill();
  for (const args of [
    ['add', 'second'],
    ['revoke', 'first'],
  ]) {
    const { status, stdout, stderr } = keys(...args);
    t.equal(status, 1);
    t.equal(stdout, '', 'no key that is not in the file');
    t.equal(stderr, `sotto: ${path} cannot be written (ENOSPC).\n`);
    t.equal(readFileSync(path, 'utf8'), before);
    t.same(readdirSync(disk.folder).sort(), ['filling', 'keys.json', 'keys.json.lock.db'], 'and no draft is left');
  }
  t.match(keys('list').stdout, /valid\s+first/);
  disk.clear();
  t.match(keys('add', 'second').stdout, /^sotto_/);
  disk.makeReadOnly();
  t.match(keys('add', 'third'), { status: 1, stderr: `sotto: ${path} cannot be written (EROFS).\n` });
  t.match(keys('list').stdout, /first[\s\S]*second/);
  t.ok(existsSync(path));
});

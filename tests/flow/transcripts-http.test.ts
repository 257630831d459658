import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { TranscriptsCli } from '../../client/cli/transcripts/transcripts.ts';
import { Transcripts } from '../../client/sdk/index.ts';
import type { Assistant } from '../../server/ports/assistant.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';
import { programArgs } from '../support/program.ts';
import { converse, openScriptedServer, type ScriptedServer, script, sound } from '../support/scripted-server.ts';

const WORDS = script('The printer costs four hundred euros.', 0.6);
const SOUND = sound(4, [[0.5, 2.6]]);
/** What the model was asked for; a claim that repeats it rests on no sentence. */
const templates: string[] = [];
const assistant: Assistant = {
  name: 'scripted',
  promptCharsMax: 20_000,
  complete: async ({ system }) => {
    templates.push(system.slice(-9));
    return JSON.stringify({ summary: [{ text: 'A printer.', from: [1] }], decisions: [], actions: [] });
  },
  close: async () => {},
};

async function spoken(server: ScriptedServer): Promise<string> {
  const events = await converse(await server.connect({ keep: { title: 'Printers' } }), SOUND);
  return events.find((event) => event.type === 'ready')!.transcript!;
}

t.test('the client lists, reads, corrects, annotates, exports, summarises and deletes', async (t) => {
  const { recorder } = memoryRecorder();
  const server = await openScriptedServer(WORDS, 8, { recorder, assistant });
  const kept = new Transcripts({ url: server.url.replace('http', 'ws'), credential: () => 'any' });
  const id = await spoken(server);
  t.match(await kept.list({ query: 'PRINTER costs' }), {
    transcripts: [{ id, title: 'Printers', sentences: 1, found: { sentence: '1.0.1' }, snippet: /printer costs/ }],
  });
  await kept.change(id, { title: 'Money', speakers: { 0: 'Anna' } });
  await kept.mark(id, '1.0.1', { correction: 'The printer costs five hundred euros.', highlight: true });
  await kept.note(id, 'a-1', { atMs: 1_500, text: 'too much' });
  await kept.note(id, 'a-2', { atMs: 1_600, text: 'no' });
  await kept.unnote(id, 'a-2');
  t.match(await kept.read(id), {
    ...{ title: 'Money', speakers: { 0: 'Anna' }, notes: [{ id: 'a-1' }] },
    sentences: [{ text: 'The printer costs four hundred euros.', correction: /five/, highlight: true }],
  });
  t.match(await kept.export(id, 'txt'), /Anna: The printer costs five hundred/);
  t.equal(await kept.setTemplate('Rhyme it.'), 'Rhyme it.');
  t.equal((await kept.summarise(id)).summary[0]?.text, 'A printer.');
  await kept.summarise(id, { template: 'In prose.' });
  t.same(templates, ['Rhyme it.', 'In prose.']);
  t.match(await kept.read(id), { summary: { summary: [{ from: ['1.0.1'] }], model: 'scripted' } });
  t.match(await kept.setTemplate(''), /not there/);
  await kept.delete(id);
  await t.rejects(kept.read(id), { code: 'transcript.unknown', status: 404 });
  const own = await kept.create({ title: 'Own', startedAt: '2026-01-02T03:04:05+01:00' });
  t.match(await kept.read(own), { title: 'Own', startedAt: '2026-01-02T02:04:05.000Z', sentences: [] });
  await server.close();
});

t.test('what cannot be is refused with a reason, and changes nothing', async (t) => {
  const { recorder, store } = memoryRecorder();
  const server = await openScriptedServer(WORDS, 8, { recorder });
  const id = await spoken(server);
  const before = store.read('', id);
  const ask = async (line: string, body?: string): Promise<string> => {
    const [method, path] = line.split(' ') as [string, string];
    const response = await fetch(`${server.url}/v1/transcripts${path.replace('ID', id)}`, {
      method,
      ...(body === undefined ? {} : { body }),
    });
    const { code, text } = (await response.json()) as { code: string; text: string };
    return `${response.status} ${code} ${text}`;
  };
  for (const [line, body, want] of [
    ['PUT /', undefined, /^404 http\.unknown/],
    ['DELETE ', undefined, /^404 http\.unknown/],
    ['POST /ID', undefined, /^404 http\.unknown/],
    ['GET /ID/notes/n', undefined, /^404 http\.unknown/],
    ['PUT /ID/notes/', '{}', /^404 http\.unknown/],
    ['GET /ID/export/md', undefined, /^404 http\.unknown/],
    ['GET /nobody', undefined, /^404 transcript\.unknown/],
    ['GET /%E0%A4%A', undefined, /^400 command\.option/],
    ['PATCH /nobody', '{"title":"x"}', /^404 transcript\.unknown/],
    ['PUT /ID/sentences/1.0.9', '{}', /^404 transcript\.unknown There is no sentence/],
    ['PUT /ID/sentences/1', '{}', /^404 transcript\.unknown/],
    ['DELETE /ID/notes/none', undefined, /^404 transcript\.unknown There is no note/],
    ['GET ?limit=0', undefined, /^400 command\.option limit 0 .* 1 to 100/],
    ['GET ?before=x', undefined, /^400 command\.option before/],
    [`GET ?query=${'x'.repeat(201)}`, undefined, /^400 command\.option query of 201/],
    ['GET /ID/export?format=exe', undefined, /^400 command\.option format exe/],
    ['GET /ID/export?text=spoken', undefined, /^400 command\.option text spoken .*cleaned, revised, raw/],
    ['PATCH /ID', '{"titel":"x"}', /^400 command\.option body titel/],
    ['PATCH /ID', '{"title":""}', /^400 command\.option title/],
    ['PATCH /ID', `{"title":"${'x'.repeat(201)}"}`, /^400 command\.option title .* at most 200/],
    ['PATCH /ID', '{"speakers":{"x":"Anna"}}', /^400 command\.option/],
    ['PATCH /ID', '["title"]', /^400 command\.option/],
    ['PATCH /ID', '{"title"', /^400 command\.unreadable/],
    ['PUT /ID/notes/a%20b', '{"atMs":1,"text":""}', /^400 command\.option note a b/],
    ['PUT /ID/notes/n', '{"atMs":-1,"text":""}', /^400 command\.option atMs -1 .* at least 0/],
    ['PUT /ID/notes/n', `{"atMs":1,"text":"${'x'.repeat(70_000)}"}`, /^413 frame\.size/],
    ['PUT /ID/sentences/1.0.1', '{"correction":1}', /^400 command\.option correction/],
    ['POST /ID/summary', '{}', /^501 summary\.absent .*--assistant-url/],
  ] as const)
    t.match(await ask(line, body), want, line);
  t.same(store.read('', id), before);
  t.same(await (await fetch(`${server.url}/v1/transcripts?query=%22*`)).json(), { transcripts: [] });
  await server.close();
});

t.test('an export is a file that a browser saves and never runs', async (t) => {
  const { recorder, store } = memoryRecorder();
  const server = await openScriptedServer(WORDS, 8, { recorder });
  const id = await spoken(server);
  store.update('', id, { title: 'Sitzung "Ä"\r\nx: y' });
  const { headers } = await fetch(`${server.url}/v1/transcripts/${id}/export?format=html`);
  t.equal(
    headers.get('content-disposition'),
    `attachment; filename="Sitzung _ x y.html"; filename*=UTF-8''Sitzung%20%C3%84%20x%20y.html`,
  );
  t.match(headers.get('content-security-policy'), /default-src 'none'/);
  t.equal(headers.get('x-content-type-options'), 'nosniff');
  t.equal(headers.get('cache-control'), 'no-store');
  await server.close();
});

t.test('a server that keeps nothing, or whose disk fails, says so', async (t) => {
  const none = await openScriptedServer(WORDS, 8, {
    recorder: memoryRecorder({ store: undefined, unavailableReason: 'no room' }).recorder,
  });
  const nothing = new Transcripts({ url: none.url });
  await t.rejects(nothing.list(), { code: 'transcript.absent', status: 501, message: /no room/ });
  await none.close();
  const { store } = memoryRecorder();
  const logged: object[] = [];
  const fail = (): never => {
    throw Object.assign(new Error('secret words'), { code: 'SQLITE_IOERR' });
  };
  const { recorder } = memoryRecorder({
    calls: Object.assign(store, { list: fail, readJson: () => (undefined as unknown as { at: never }).at }),
  });
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (fields: object) => void logged.push(fields) };
  const failing = await openScriptedServer(WORDS, 8, { recorder, log });
  const broken = new Transcripts({ url: failing.url });
  await t.rejects(broken.list(), { code: 'transcript.failed', status: 507, message: /SQLITE_IOERR/ });
  t.same(logged, [{ code: 'SQLITE_IOERR' }]);
  await t.rejects(broken.read('x'), { code: 'server.bug', status: 500 });
  await failing.close();
});

t.test('an export has the text as corrected and cleaned, as revised, or as first heard', async (t) => {
  const { recorder, store } = memoryRecorder();
  const server = await openScriptedServer(WORDS, 8, { recorder, assistant });
  const id = await spoken(server);
  const first = store.read('', id)!.sentences[0]!.text;
  const words = [{ text: 'Printer', fromMs: 0, toMs: 900, confidence: 1 }];
  store.add({ transcript: id, part: 1, atMs: 0 }, [
    { kind: 'revised', channel: 0, sentence: 1, text: 'The printer is lost.', words },
    { kind: 'cleaned', channel: 0, sentence: 1, text: 'A printer is lost.', revised: true },
  ]);
  const kept = new Transcripts({ url: server.url });
  t.match(await kept.read(id), {
    sentences: [{ text: first, revised: 'The printer is lost.', cleaned: 'A printer is lost.' }],
  });
  t.match(await kept.export(id, 'txt'), /A printer is lost/);
  t.match(await kept.export(id, 'txt', { text: 'revised' }), /The printer is lost/);
  t.ok((await kept.export(id, 'txt', { text: 'raw' })).includes(first));
  const [sentence] = JSON.parse(await kept.export(id, 'json')).sentences;
  t.match(sentence, {
    text: first,
    revised: 'The printer is lost.',
    cleaned: 'A printer is lost.',
    revisedWords: words,
  });
  let printed = '';
  const cli = new TranscriptsCli({ server: server.url }, (text) => {
    printed += text;
  });
  await cli.show(id, { text: 'revised' });
  await cli.export(id, { format: 'md', text: 'raw' });
  t.match(printed, /The printer is lost/);
  t.ok(printed.includes(first));
  await server.close();
});

t.test('the command line lists, searches, shows, exports and deletes', async (t) => {
  const { recorder } = memoryRecorder();
  const server = await openScriptedServer(WORDS, 8, { recorder, assistant });
  const id = await spoken(server);
  const folder = mkdtempSync(join(tmpdir(), 'sotto-cli-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  let body = '';
  const cli = new TranscriptsCli({ server: server.url }, (text) => {
    body += text;
  });
  const printed = async (work: Promise<void>): Promise<string> => {
    body = '';
    await work;
    return body;
  };
  t.match(await printed(cli.list({ limit: 20 })), new RegExp(`^${id}  .*  00:00:04  1 sentences  Printers\n$`));
  t.match(await printed(cli.list({ limit: 20, query: 'four printer' })), /The printer costs four/);
  const file = join(folder, 'out.srt');
  await cli.export(id, { format: 'srt', output: file });
  t.match(readFileSync(file, 'utf8'), /^1\n00:00:00,/);
  t.match(await printed(cli.export(id, { format: 'txt' })), /The printer costs/);
  t.match(await printed(cli.summarise(id)), /^Summary\n- A printer\..*\(1\.0\.1\)/);
  const show = [...programArgs('client/cli/main.ts'), 'transcripts', 'show', id, '--server', server.url];
  const { stdout } = await promisify(execFile)(process.execPath, show);
  t.match(stdout, /Printers\n.*\n\n00:00:00 {2}1\.0\.1 .*The printer costs/);
  await cli.delete([id]);
  await t.rejects(cli.show(id), { message: /^There is no transcript of yours here/ });
  await server.close();
});

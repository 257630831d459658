import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { getModelPath } from '../../models/locate.ts';
import { describeFile } from '../../models/present.ts';
import { findModel } from '../../models/registry.ts';
import { describeEngineBuild, describeProcessor } from '../../server/engine/machine.ts';
import type { RunningServer } from '../../server/main.ts';
import { MeasurementFile } from '../../server/store/measurement-file.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { openServer } from '../support/server.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const SENTENCE = 'The train to the coast was delayed because of heavy snow.';

let server: RunningServer;
t.before(async () => {
  server = await openServer('--model', 'tiny.en');
});
t.teardown(() => server?.close());

for (const file of [
  'speech/short_01.wav',
  ...['flac', 'mp3', 'ogg', 'opus', 'webm', 'm4a'].map((end) => `formats/short_01.${end}`),
  'formats/short_01_mulaw.wav',
]) {
  t.test(`transcribe reads ${file}`, async (t) => {
    const { code, out, err } = await runCli(['transcribe', fixture(file), '--server', server.url]);
    t.equal(code, 0, err);
    t.match(out.trim().toLowerCase(), /train to the coast was delayed because of heavy snow/);
  });
}

t.test('each format prints what it promises', async (t) => {
  const run = async (...args: string[]): Promise<string> =>
    (await runCli(['transcribe', fixture('speech/short_01.wav'), '--server', server.url, ...args])).out;
  t.match(await run('--format', 'srt'), /^1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n/);
  t.match(await run('--format', 'vtt'), /^WEBVTT\n\n00:00:0\d\.\d{3} --> /);
  const events = (await run('--format', 'jsonl'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.equal(events[0].type, 'ready');
  t.equal(events.at(-1).type, 'done');
  t.ok(
    events.every(({ arrivedMs }) => Number.isInteger(arrivedMs)),
    'each event says when it came',
  );
  t.equal((await run('--raw')).trim(), SENTENCE);
});

t.test('a file that is sent as fast as it goes is decoded whole; one that is paced is heard live', async (t) => {
  const run = async (...args: string[]): Promise<readonly [events: Record<string, unknown>[], notes: string]> => {
    const file = fixture('speech/long_2_dictation_fillers.wav');
    const { out, err } = await runCli(['transcribe', file, '--server', server.url, '--format', 'jsonl', ...args]);
    const lines = out.trim().split('\n');
    return [lines.map((line) => JSON.parse(line)), err];
  };
  const count = (events: readonly Record<string, unknown>[], type: string): number =>
    events.filter((event) => event['type'] === type).length;
  const [whole, notes] = await run();
  t.equal(notes, '', 'nobody is told that the server is busy');
  t.equal(count(whole, 'partial'), 0);
  t.notOk(whole.some(({ type, code }) => type === 'notice' && code === 'lag'));
  t.ok(count(whole, 'settled') <= 3, 'in two stretches or three');
  t.ok(count(whole, 'final') >= 6, 'and still in sentences');
  const words = whole.flatMap(({ words = [] }) => words as { fromMs: number; toMs: number }[]);
  t.ok(words.every(({ fromMs, toMs }, i) => fromMs <= toMs && fromMs >= (words[i - 1]?.fromMs ?? 0)));
  const [paced] = await run('--pace', '8');
  t.ok(count(paced, 'partial') > 0);
});

t.test('standard input is read: a WAV, and raw samples', async (t) => {
  const wav = readFileSync(fixture('speech/short_01.wav'));
  t.match((await runCli(['transcribe', '-', '--server', server.url], wav)).out, /heavy snow/);
  t.match(
    (await runCli(['transcribe', '-', '--server', server.url, '--rate', '16000'], wav.subarray(44))).out,
    /heavy snow/,
  );
  // An MP3 without a tag has no magic number, and used to be taken for raw samples: noise, hence no words.
  const mp3 = readFileSync(fixture('formats/short_01.mp3'));
  const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + mp3[at]!, 0);
  t.equal(mp3.toString('latin1', 0, 3), 'ID3');
  t.match((await runCli(['transcribe', '-', '--server', server.url], mp3.subarray(10 + size))).out, /heavy snow/);
});

t.test('the microphone is what a recorder writes, and a recorder that fails is explained', async (t) => {
  // The recorders of Linux and macOS that are tried first, under the names they are looked for.
  const bin = mkdtempSync(join(tmpdir(), 'sotto-'));
  const PATH = `${bin}:${process.env['PATH']}`;
  const record = (script: string): void => {
    writeFileSync(join(bin, 'pw-record'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    copyFileSync(join(bin, 'pw-record'), join(bin, 'rec'));
  };
  record(`tail -c +45 '${fixture('speech/short_01.wav')}'`);
  const result = await runCli(['mic', '--server', server.url], undefined, { PATH });
  t.equal(result.code, 0, result.err);
  t.match(result.out, /heavy snow/);
  record('echo "no such device" >&2; exit 3');
  const failed = await runCli(['mic', '--server', server.url], undefined, { PATH });
  t.equal(failed.code, 1);
  t.match(failed.err, /no such device/);
});

t.test('without a server one is started for the run', async (t) => {
  const { code, out } = await runCli(['transcribe', fixture('speech/short_01.wav'), '--model', 'tiny.en']);
  t.equal(code, 0);
  t.equal(out.trim(), SENTENCE);
});

t.test('while a model is fetched for a run, each step is shown, and a failure is one line after them', async (t) => {
  const model = Buffer.alloc(1_000_000);
  model.writeUInt32LE(0x67676d6c, 0);
  model.writeInt32LE(51_864, 4);
  const files = createHttpServer((_, response) => response.end(model)).listen(0, '127.0.0.1');
  await new Promise((resolve) => files.once('listening', resolve));
  t.teardown(() => files.close());
  const url = `http://127.0.0.1:${(files.address() as AddressInfo).port}/mine.bin`;
  const { code, err } = await runCli(['transcribe', fixture('speech/short_01.wav'), '--model', url], undefined, {
    SOTTO_MODELS: mkdtempSync(join(tmpdir(), 'sotto-')),
  });
  t.equal(code, 1);
  const lines = err.trim().split('\n');
  t.ok(lines.length > 2, err);
  for (const line of lines.slice(0, -1)) t.match(line, /^mine\.\w+\.bin: [\d.]+ of (1|unknown) MB$/);
  t.match(lines.at(-1), /^sotto: .*mine/);
});

t.test('what cannot be read is one clear line and a status', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-'));
  writeFileSync(join(folder, 'empty.wav'), '');
  writeFileSync(join(folder, 'text.mp3'), 'this is no music');
  const cases: readonly [args: readonly string[], message: RegExp][] = [
    [['transcribe', '/nowhere.wav'], /no file/],
    [['transcribe', folder], /folder/],
    [['transcribe', join(folder, 'empty.wav')], /empty/],
    [['transcribe', join(folder, 'text.mp3')], /not audio/],
    [['transcribe', fixture('speech/short_01.wav'), '--server', 'http://127.0.0.1:9'], /cannot be reached/],
    [['transcribe', fixture('speech/short_01.wav'), '--server', 'nonsense'], /not an address/],
    [['transcribe', fixture('speech/short_01.wav'), '--model', 'nope'], /not known/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await runCli(args);
    t.equal(code, 1, args.join(' '));
    t.match(err, message);
    t.equal(err.trim().split('\n').length, 1, `one line: ${err}`);
  }
});

t.test('serve says what is wrong with its options, its model and its port, and does not start', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const port = String((taken.address() as { port: number }).port);
  const cases: readonly [args: readonly string[], code: number, message: RegExp][] = [
    [['serve', '--prot', '1'], 78, /--prot is not known/],
    [['serve', '--port', 'x', '--engine', 'steam'], 78, /port is x[\s\S]*engine is steam/],
    [['serve', '--host', '0.0.0.0'], 78, /--insecure/],
    [['serve', '--wyoming-host', '0.0.0.0'], 78, /--wyoming-allow/],
    [['serve', '--tls-cert', 'x.pem'], 78, /tls-key is missing/],
    [['serve', '--tls-self-signed', '--tls-cert', 'x.pem', '--tls-key', 'y.pem'], 78, /tls-self-signed is true/],
    [['serve', '--tls-cert', '/nowhere/x.pem', '--tls-key', 'y.pem'], 78, /tls-cert is \/nowhere\/x\.pem \(ENOENT\)/],
    [['serve', '--model', 'nope'], 1, /nope is not known/],
    [['serve', '--model', 'small'], 1, /models pull small/],
    [['serve', '--model', '/nowhere/x.bin'], 1, /no model file at \/nowhere\/x\.bin; look at the path/],
    [['serve', '--model', 'tiny.en', '--cleanup', 'rules', '--port', port], 1, /taken/],
  ];
  const runs = await Promise.all(cases.map(([args]) => runCli(args)));
  for (const [i, [args, code, message]] of cases.entries()) {
    t.equal(runs[i]!.code, code, args.join(' '));
    t.match(runs[i]!.err, message);
  }
  const unknown = await runCli(['serve', '--prot', '1', '--port', 'x']);
  t.equal(unknown.err.trim().split('\n').length, 2, 'one line for each wrong option, none for its value');
});

t.test('a server with a self-signed certificate is heard by who trusts it, and by nobody else', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'sotto-'));
  const secure = await openServer('--model', 'tiny.en', '--cleanup', 'rules', '--tls-self-signed', '--data', data);
  t.teardown(() => secure.close());
  t.match(secure.url, /^https:/);
  t.match(secure.greeting, `NODE_EXTRA_CA_CERTS=${data}/self-signed.crt`);
  const args = ['transcribe', fixture('speech/short_01.wav'), '--server', secure.url];
  const trusted = await runCli(args, undefined, { NODE_EXTRA_CA_CERTS: join(data, 'self-signed.crt') });
  t.match(trusted.out, /heavy snow/, trusted.err);
  const stranger = await runCli(args);
  t.equal(stranger.code, 1);
  t.match(stranger.err, /certificate/);
});

t.test('keys are made, listed and revoked, and a server outside loopback wants one', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'sotto-'));
  const keys = (...args: string[]): Promise<CliResult> => runCli(['keys', '--data', data, ...args]);
  const outside = ['serve', '--host', '0.0.0.0', '--port', '0', '--data', data, '--model', 'nope'];
  t.match((await runCli(outside)).err, /sotto keys add/);
  const added = await keys('add', 'phone', '--days', '30', '--minutes', '60');
  t.match(added.out, /^sotto_[0-9a-f]{8}_[\w-]{43}\n$/, 'the key alone on stdout');
  t.equal((await keys('add', 'phone')).code, 1, 'a name is taken once');
  const listed = await keys('list');
  t.match(listed.out, /valid +phone +stream,transcripts,viewers,token +until .* 60 minutes a day/);
  t.notOk(listed.out.includes(added.out.trim().slice(15)), 'without its secret');
  t.match((await runCli(outside)).err, /nope is not known/, 'with a key it would start');
  t.equal((await keys('revoke', 'phone')).code, 0);
  t.match((await keys('list')).out, /revoked +phone/);
  t.match((await runCli(outside)).err, /sotto keys add/);
  t.equal((await keys('revoke', 'phone')).code, 1);
});

t.test('doctor, models and config answer', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'sotto-doctor-'));
  t.teardown(() => rmSync(data, { recursive: true, force: true }));
  const doctor = (): Promise<CliResult> => runCli(['doctor'], undefined, { SOTTO_DATA: data });
  t.match((await doctor()).out, /engine\s+native[\s\S]*Measured on this machine:\nnothing yet/);
  const here = { machine: describeProcessor(), engine: describeEngineBuild('native'), options: '{}' };
  const file = describeFile(getModelPath(findModel('base')!));
  new MeasurementFile(data).add({ ...here, model: 'base', file, decodeS: 0.22, streams: 4, isLeast: false });
  new MeasurementFile(data).add({ ...here, machine: 'another', model: 'tiny.en', file, streams: 5, isLeast: false });
  const { out } = await doctor();
  t.match(out, /base +4 live with base; a decode takes 0\.22 s: words stable after about 1\.0 s/);
  t.notMatch(out, /5 live/, 'what another machine did is not said of this one');
  t.match((await runCli(['models', 'list'])).out, /^base +82 MB +99 languages +MIT +embedded/m);
  t.match((await runCli(['models', 'verify', 'tiny.en'])).out, /tiny.en: ok/);
  t.match((await runCli(['models', 'pull', 'nope'])).err, /not known/);
  t.match((await runCli(['config', '--port', '9999'])).out, /^port +9999 +flag/m);
});

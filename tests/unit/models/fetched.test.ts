import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseModelAddress } from '../../../models/address.ts';
import { runModels } from '../../../models/cli.ts';
import { fetchModel, listFetchedModels } from '../../../models/fetched.ts';
import { resolveModel } from '../../../models/locate.ts';
import type { Fault } from '../../../protocol/index.ts';
import { openRecogniser } from '../../../server/compose/recogniser.ts';
import { loadConfig } from '../../../server/config/load.ts';

const BODY = Buffer.alloc(200_000, 'sotto');
BODY.writeUInt32LE(0x67676d6c, 0);
BODY.writeInt32LE(51_864, 4);
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A server for one test, and an empty cache. */
async function serve(t: Tap, answer: RequestListener): Promise<{ url: string; cache: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.range ?? 'whole'}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cache = mkdtempSync(join(tmpdir(), 'sotto-'));
  const before = process.env['SOTTO_MODELS'];
  process.env['SOTTO_MODELS'] = cache;
  t.teardown(() => {
    if (before === undefined) delete process.env['SOTTO_MODELS'];
    else process.env['SOTTO_MODELS'] = before;
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cache, asked };
}

type Tap = { teardown(stop: () => void): void };

async function fetchFrom(url: string): Promise<Fault | undefined> {
  const address = parseModelAddress(url);
  if (address.kind !== 'url') throw new Error(address.kind);
  return fetchModel(address, { stallMs: 200, attempts: 3, backOffMs: 1 }).then(
    () => undefined,
    (fault: Fault) => fault,
  );
}

t.test('a model is fetched from its URL, and then a URL works like a name', async (t) => {
  const { url, cache, asked } = await serve(t, (_, response) => response.end(BODY));
  const model = `${url}/some/ggml-mine.bin`;
  t.equal(await runModels(['pull', `${model}?token=secret`]), 0);
  t.match(await resolveModel(model, { kind: 'speech' }), { name: 'mine', multilingual: false });
  t.equal(await runModels(['verify', model]), 0);
  t.equal(await runModels(['verify']), 0);
  t.match(listFetchedModels(), [{ url: model, bytes: BODY.length, sha256: /^[0-9a-f]{64}$/ }]);
  t.notMatch(
    readdirSync(cache).map((file) => readFileSync(join(cache, file), 'latin1')),
    [/secret/],
  );
  t.equal(await runModels(['pull', model]), 0);
  t.same(asked, ['/some/ggml-mine.bin?token=secret whole'], 'what is here is not fetched again');
  const file = readdirSync(cache).find((name) => name.endsWith('.bin'))!;
  writeFileSync(join(cache, file), BODY.subarray(0, 50_000));
  t.equal(await runModels(['verify', model]), 1, 'a file that changed is found out');
  t.equal(await runModels(['rm', model]), 0);
  t.same(readdirSync(cache), []);
  t.equal(await runModels(['rm', model]), 1);
});

t.test('files of one name from two places do not collide', async (t) => {
  const { url } = await serve(t, (_, response) => response.end(BODY));
  t.equal(await fetchFrom(`${url}/a/m.bin`), undefined);
  t.equal(await fetchFrom(`${url}/b/m.bin`), undefined);
  t.equal(listFetchedModels().length, 2);
});

t.test('a page in place of a model is refused by its first bytes', async (t) => {
  const { url, cache, asked } = await serve(t, (_, response) => response.end(Buffer.alloc(900_000, '<html>')));
  t.match(await fetchFrom(`${url}/m.bin`), { code: 'model.corrupt', message: /does not begin like/ });
  t.equal(asked.length, 1);
  t.same(readdirSync(cache), []);
});

t.test('a broken download goes on only while it is the same file', async (t) => {
  const broken =
    (etag: (request: number) => string): RequestListener =>
    (request, response) => {
      const tag = etag(asks++);
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const goesOn = from > 0 && request.headers['if-range'] === tag;
      const body = goesOn ? BODY.subarray(from) : BODY;
      response.writeHead(goesOn ? 206 : 200, { etag: tag, 'content-length': body.length });
      if (asks === 1) response.write(BODY.subarray(0, 100_000), () => response.destroy());
      else response.end(body);
    };
  let asks = 0;
  const same = await serve(
    t,
    broken(() => '"one"'),
  );
  t.equal(await fetchFrom(`${same.url}/m.bin`), undefined);
  t.match(same.asked, ['/m.bin whole', /bytes=\d+-/]);
  t.ok(readFileSync(join(same.cache, listFetchedModels()[0]!.file)).equals(BODY));
  asks = 0;
  const other = await serve(
    t,
    broken((request) => `"${request}"`),
  );
  t.equal(await fetchFrom(`${other.url}/m.bin`), undefined);
  t.ok(readFileSync(join(other.cache, listFetchedModels()[0]!.file)).equals(BODY));
});

t.test('a server that stalls, cuts short or lacks the file is a clear fault and leaves nothing', async (t) => {
  const stall = await serve(t, (_, response) => void response.write(BODY.subarray(0, 20_000)));
  t.match(await fetchFrom(`${stall.url}/m.bin`), { code: 'model.download', message: /no data came/ });
  t.same(readdirSync(stall.cache), []);
  const short = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': BODY.length });
    response.write(BODY.subarray(0, 20_000), () => response.destroy());
  });
  t.match(await fetchFrom(`${short.url}/m.bin`), { code: 'model.download' });
  t.equal(short.asked.length, 3);
  t.same(readdirSync(short.cache), []);
  const missing = await serve(t, (_, response) => void response.writeHead(404).end());
  t.match(await fetchFrom(`${missing.url}/m.bin`), { code: 'model.download', message: /404/ });
});

t.test('redirects are followed within bounds', async (t) => {
  const { url, asked } = await serve(t, (request, response) => {
    const to = { '/a.bin': '/b.bin', '/round.bin': '/round.bin', '/file.bin': 'file:///etc/passwd' }[request.url!];
    if (to === undefined) response.end(BODY);
    else response.writeHead(302, { location: to }).end();
  });
  t.equal(await fetchFrom(`${url}/a.bin`), undefined);
  t.match(await fetchFrom(`${url}/round.bin`), { code: 'model.download', message: /more than 5 times/ });
  t.equal(asked.filter((each) => each.startsWith('/round')).length, 6, 'and are not tried again');
  t.match(await fetchFrom(`${url}/file.bin`), { code: 'model.download', message: /no web address/ });
});

t.test('no URL leads out of the cache folder or carries a password', async (t) => {
  for (const url of [
    'https://example.com/..%2f..%2fetc%2fpasswd.bin',
    'https://example.com/.bin',
    'https://example.com/a/..bin',
    'https://example.com/model',
    'https://user:word@example.com/m.bin',
    'ftp://example.com/m.bin',
    'file:///etc/m.bin',
    'http://',
  ])
    t.equal(parseModelAddress(url).kind, 'unknown', url);
  t.notMatch(JSON.stringify(parseModelAddress('https://user:word@example.com/m.bin')), /word/);
  t.match(parseModelAddress('https://example.com/x/../m.bin?a=/../b.bin'), { file: /^m\.[0-9a-f]{8}\.bin$/ });
});

t.test('a server started with a URL fetches it, unless it is offline', async (t) => {
  const { url, cache, asked } = await serve(t, (_, response) => response.end(Buffer.alloc(900, '<html>')));
  const config = (...args: string[]) => loadConfig(['--model', `${url}/m.bin`, ...args], {}).config;
  await t.rejects(openRecogniser(config('--offline'), silent), { code: 'model.absent', message: /models pull/ });
  t.same(asked, []);
  await t.rejects(openRecogniser(config(), silent), { code: 'model.corrupt' });
  t.same(asked, ['/m.bin whole']);
  t.notOk(existsSync(join(cache, 'm.bin')));
});

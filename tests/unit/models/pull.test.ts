import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { pullModel } from '../../../models/pull.ts';
import { DEFAULT_SOURCE } from '../../../models/registry.ts';
import type { Fault } from '../../../protocol/index.ts';

const BODY = Buffer.alloc(300_000, 'sotto');
const SHA = createHash('sha256').update(BODY).digest('hex');

async function pull(
  answer: RequestListener,
  change: object = {},
): Promise<{ path: string; error: Fault | undefined; ranges: string[] }> {
  const ranges: string[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range ?? 'whole');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/m.bin`;
  const path = join(mkdtempSync(join(tmpdir(), 'sotto-')), 'm.bin');
  const error = await pullModel({ name: 'm', url, bytes: BODY.length, sha256: SHA, ...change }, path, {
    stallMs: 200,
    attempts: 3,
    backOffMs: 1,
  }).then(
    () => undefined,
    (fault: Fault) => fault,
  );
  server.closeAllConnections();
  server.close();
  return { path, error, ranges };
}

const withRanges: RequestListener = (request, response) => {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200);
  // Breaks off in the middle of the first go.
  if (from === 0) response.write(BODY.subarray(0, 100_000), () => response.destroy());
  else response.end(BODY.subarray(from));
};

t.test('a whole download is checked and gets its name', async (t) => {
  const { path, error } = await pull((_, response) => response.end(BODY));
  t.equal(error, undefined);
  t.ok(readFileSync(path).equals(BODY));
});

t.test('a broken download goes on where it broke off', async (t) => {
  const { path, error, ranges } = await pull(withRanges);
  t.equal(error, undefined);
  t.match(ranges, ['whole', /^bytes=\d+-$/]);
  t.ok(readFileSync(path).equals(BODY));
});

t.test('a server without ranges sends everything again', async (t) => {
  let first = true;
  const { path, error } = await pull((_, response) => {
    if (!first) return void response.end(BODY);
    first = false;
    response.write(BODY.subarray(0, 50_000), () => response.destroy());
  });
  t.equal(error, undefined);
  t.ok(readFileSync(path).equals(BODY));
});

t.test('a file with another hash, and one that is too long, are refused and leave nothing', async (t) => {
  const lie = await pull((_, response) => response.end(BODY), { sha256: '0'.repeat(64) });
  t.equal(lie.error?.code, 'model.corrupt');
  t.notOk(existsSync(lie.path));
  const long = await pull((_, response) => response.end(Buffer.concat([BODY, BODY])));
  t.equal(long.error?.code, 'model.corrupt');
});

t.test('a server that stalls, is missing the file or breaks is a clear fault', async (t) => {
  t.match((await pull((_, response) => void response.write('a'))).error, {
    code: 'model.download',
    message: /no data came/,
  });
  const missing = await pull((_, response) => void response.writeHead(404).end());
  t.match(missing.error, { code: 'model.download', message: /404/ });
  t.equal(missing.ranges.length, 1, 'and is not asked again');
  t.equal((await pull((_, response) => void response.writeHead(503).end())).ranges.length, 3, 'a broken one is');
});

t.test('two pulls of one model do not collide', async (t) => {
  const path = join(mkdtempSync(join(tmpdir(), 'sotto-')), 'm.bin');
  writeFileSync(`${path}.lock`, String(process.pid));
  const model = { name: 'm', url: 'http://127.0.0.1:9/', bytes: 1, sha256: '' };
  await t.rejects(pullModel(model, path, { attempts: 1 }), { code: 'model.download', message: /pulling it already/ });
  writeFileSync(`${path}.lock`, '999999999');
  await t.rejects(
    pullModel(model, path, { attempts: 1 }),
    { code: 'model.download' },
    'a lock left by a dead process is taken over',
  );
});

t.test('a mirror takes the place of the publisher and nothing else of the address', async (t) => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.end(BODY);
  });
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/copy/`;
  const path = join(mkdtempSync(join(tmpdir(), 'sotto-')), 'm.bin');
  const model = { name: 'm', url: `${DEFAULT_SOURCE}/a/b/m.bin`, bytes: BODY.length, sha256: SHA };
  await pullModel(model, path, { mirror, attempts: 1 });
  t.same(asked, ['/copy/a/b/m.bin']);
  t.ok(readFileSync(path).equals(BODY));
});

import { request } from 'node:http';
import t from 'tap';
import { DIALECT_ROUTES, HTTP_ROUTES } from '../../server/dialect/routes.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';
import { openScriptedServer, script } from '../support/scripted-server.ts';

const BROKEN = ['%ff', '%', '%2', '%zz', '%c0%af', '%00', '%f8%80%80%80%af', '%ed%a0%80'];
const { recorder } = memoryRecorder();
const server = await openScriptedServer(script('Hello.', 0.6), 8, { recorder });
t.teardown(() => server.close());

/** Asks without a library that would mend the address first. */
function ask(method: string, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const asked = request({ hostname, port, method, path, headers, agent: false });
    asked.once('error', reject);
    asked.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode!, body: '' });
    });
    asked.once('response', async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode!, body });
    });
    asked.end();
  });
}

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': Buffer.alloc(16).toString('base64'),
};

t.test('a broken escape is a 400 that says so, at every route, in path and query', async (t) => {
  const questions = HTTP_ROUTES.endpoints.map(({ method, path }) => [method, path] as const);
  const uploads = [...HTTP_ROUTES.uploads.keys()].map((path) => ['POST', path] as const);
  const others = ['/', '/captions', '/live.js', '/healthz', '/v1/info', '/v1/token', '/v3/token', '/v1/rooms/stage'];
  const kept = ['', '/ID', '/ID/export', '/ID/notes/a', '/ID/sentences/1.0.1', '/template'];
  const routes = [
    ...questions,
    ...uploads,
    ...others.map((path) => ['GET', path] as const),
    ...kept.map((path) => ['GET', `/v1/transcripts${path}`] as const),
    ['PUT', '/v1/transcripts/ID/notes/a'] as const,
    ['DELETE', '/v1/rooms/stage/tokens/a'] as const,
    ['GET', '/v1/rooms/stage/events'] as const,
    ['GET', '/v1/rooms/stage/text'] as const,
  ];
  for (const broken of BROKEN)
    for (const [method, path] of routes)
      for (const address of [`${path}${path.endsWith('/') ? '' : '/'}${broken}`, `${path}?a=${broken}`]) {
        const { status, body } = await ask(method, address);
        if (status !== 400 || !/percent escapes/.test(body)) t.fail(`${method} ${address}: ${status} ${body}`);
      }
  t.pass(`${routes.length * BROKEN.length * 2} addresses`);
});

t.test('so it is where a WebSocket is opened', async (t) => {
  for (const broken of BROKEN)
    for (const path of [...DIALECT_ROUTES.keys(), '/v1/rooms/stage'])
      for (const address of [`${path}?room=${broken}`, `${path}/${broken}`]) {
        const { status, body } = await ask('GET', address, UPGRADE);
        if (status !== 400 || !/percent escapes/.test(body)) t.fail(`${address}: ${status} ${body}`);
      }
  t.pass();
});

t.test('escapes that can be read lead nowhere they should not', async (t) => {
  for (const path of ['/..%2f..%2fetc%2fpasswd', '/v1/models/..%2f..%2fx', '/%2e%2e/package.json', '/a%2f..%2fb.js'])
    t.equal((await ask('GET', path)).status, 404, path);
  t.equal((await ask('GET', '/v1/models/scrip%74')).status, 200);
});

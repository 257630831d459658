import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ApiKeyAuth } from '../../server/access/api-key-auth.ts';
import { KeyFile } from '../../server/access/key-file.ts';
import { addKey } from '../../server/access/keys.ts';
import { UsageCounter } from '../../server/access/usage.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';
import { type OpenTransport, openScriptedServer, silentLog, uws, ws } from '../support/scripted-server.ts';
import { NO_UWS, runsUws } from '../support/uws.ts';

const HERE = 'https://captions.example';
const ELSEWHERE = 'https://elsewhere.example';

async function open(t: Test, transport: OpenTransport) {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-origin-'));
  const file = new KeyFile(folder);
  const key = addKey(file, { name: 'page', scopes: ['stream', 'transcripts', 'viewers'] }, Date.now()).text;
  const access = new ApiKeyAuth(file, new UsageCounter(folder, Date.now, silentLog), Date.now);
  const server = await openScriptedServer([], 8, {
    ...{ access, transport, recorder: memoryRecorder().recorder, allowedOrigins: [HERE] },
  });
  t.teardown(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    key,
    /** What a browser sends for a page of an origin; the answer's first bytes are enough. */
    ask: async (path: string, origin: string, more: RequestInit = {}) => {
      const stop = new AbortController();
      const headers = { origin, ...(more.headers as Record<string, string>) };
      const response = await fetch(server.url + path, { ...more, headers, signal: stop.signal });
      const { status, headers: given } = response;
      if (/event-stream/.test(given.get('content-type') ?? '')) stop.abort();
      else await response.arrayBuffer();
      return { status, allowed: given.get('access-control-allow-origin'), vary: given.get('vary'), given };
    },
  };
}

function contract(name: string, make: OpenTransport): void {
  t.test(
    `${name}: a page of an allowed origin reads events and transcripts, and the reason of a refusal`,
    async (t) => {
      const { ask, key } = await open(t, make);
      const bearer = { authorization: `Bearer ${key}` };
      for (const path of ['/v1/rooms/hall/events', '/v1/rooms/hall/transcript', '/v1/transcripts']) {
        t.match(await ask(path, HERE, { headers: bearer }), { status: 200, allowed: HERE, vary: 'origin' }, path);
        t.match(await ask(path, HERE), { status: 401, allowed: HERE, vary: 'origin' }, `${path} without a key`);
        t.match(
          await ask(path, ELSEWHERE, { headers: bearer }),
          { status: 403, allowed: null },
          `${path} from elsewhere`,
        );
      }
    },
  );

  t.test(`${name}: a preflight request is answered with what an allowed origin may send`, async (t) => {
    const { ask } = await open(t, make);
    const question = {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'authorization' },
    };
    const leave = await ask('/v1/transcripts/x', HERE, question);
    t.match(leave, { status: 204, allowed: HERE });
    t.match(leave.given.get('access-control-allow-methods'), /\bDELETE\b/);
    t.match(leave.given.get('access-control-allow-headers'), /\bauthorization\b/);
    t.match(await ask('/v1/transcripts/x', ELSEWHERE, question), { status: 403, allowed: null });
  });
}

t.test(
  'media of an allowed page, which sends no Origin, may be shown; room texts carry the headers of everything else',
  async (t) => {
    const server = await openScriptedServer([], 8, { allowedOrigins: [HERE] });
    t.teardown(() => server.close());
    const get = (path: string, headers: Record<string, string>) =>
      fetch(`${server.url}/v1/rooms/hall/${path}`, { headers });
    for (const path of ['captions.m3u8', 'transcript', 'transcript?format=vtt']) {
      const plain = await get(path, {});
      for (const name of ['content-security-policy', 'referrer-policy', 'x-content-type-options'])
        t.ok(plain.headers.get(name), `${path} ${name}`);
      t.equal(plain.headers.get('cross-origin-resource-policy'), 'same-origin', path);
      const shown = await get(path, { 'sec-fetch-site': 'cross-site', referer: `${HERE}/watch` });
      t.equal(shown.status, 200, path);
      t.equal(shown.headers.get('cross-origin-resource-policy'), 'cross-origin', path);
      t.equal((await get(path, { 'sec-fetch-site': 'cross-site', referer: `${ELSEWHERE}/` })).status, 403, path);
    }
  },
);

contract('ws', ws);
if (runsUws) contract('uWebSockets.js', uws);
else t.test('uWebSockets.js', { skip: NO_UWS }, async () => {});

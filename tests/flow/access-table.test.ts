import { request as httpRequest } from 'node:http';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { SCOPES, type Scope, TOKEN_SCOPES } from '../../protocol/index.ts';
import type { Route, RouteScope } from '../../server/gateway/route-table.ts';
import { openKeyedServer } from '../support/keyed-server.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';

/** What every route is for. A route that is not here, or is for something else, fails the test: think first. */
const WANTED: Readonly<Record<string, RouteScope>> = {
  'UPGRADE /v1/rooms/:room': 'room',
  'GET /v1/rooms/:room/events': 'room',
  'UPGRADE /v1/stream': 'stream',
  'UPGRADE /v1/listen': 'stream',
  'UPGRADE /v2/listen': 'stream',
  'UPGRADE /v1/realtime': 'stream',
  'UPGRADE /v1/speech-to-text/realtime': 'stream',
  'UPGRADE /v3/ws': 'stream',
  'UPGRADE /': 'stream',
  'UPGRADE /vosk': 'stream',
  'UPGRADE /whisper-live': 'stream',
  'UPGRADE /asr': 'stream',
  'UPGRADE /transcribe-websocket': 'stream',
  'POST /v1/audio/transcriptions': 'stream',
  'POST /v1/audio/translations': 'stream',
  'POST /v1/listen': 'stream',
  'POST /v1/speech-to-text': 'stream',
  'POST /v1/single-use-token/realtime_scribe': 'token',
  'POST /inference': 'stream',
  'POST /asr': 'stream',
  'POST /detect-language': 'stream',
  'POST /load': 'stream',
  'GET /v1/models': 'stream',
  'GET /v1/models/*': 'stream',
  'POST /v1/realtime/client_secrets': 'token',
  'POST /v1/realtime/transcription_sessions': 'token',
  'POST /v1/auth/grant': 'token',
  'GET /v1/stream': 'stream',
  'POST /v1/token': 'token',
  'GET /v3/token': 'token',
  'GET /v1/transcripts': 'transcripts',
  'POST /v1/transcripts': 'transcripts',
  'GET /v1/transcripts/template': 'transcripts',
  'PUT /v1/transcripts/template': 'transcripts',
  'GET /v1/transcripts/:id': 'transcripts',
  'PATCH /v1/transcripts/:id': 'transcripts',
  'DELETE /v1/transcripts/:id': 'transcripts',
  'PUT /v1/transcripts/:id/sentences/:name': 'transcripts',
  'PUT /v1/transcripts/:id/notes/:name': 'transcripts',
  'DELETE /v1/transcripts/:id/notes/:name': 'transcripts',
  'GET /v1/transcripts/:id/export': 'transcripts',
  'GET /v1/transcripts/:id/audio': 'transcripts',
  'POST /v1/transcripts/:id/summary': 'transcripts',
  'POST /v1/transcripts/:id/rehear': 'transcripts',
  'GET /v1/transcripts/:id/rehear': 'transcripts',
  'DELETE /v1/transcripts/:id/rehear': 'transcripts',
  'POST /v1/rooms/:room/viewers': 'owner',
  'GET /v1/rooms/:room/viewers': 'owner',
  'DELETE /v1/rooms/:room/viewers/:id': 'owner',
  'GET /v1/rooms/:room/transcript': 'room',
  'GET /v1/rooms/:room/captions.m3u8': 'room',
  'GET /v1/rooms/:room/captions/:file': 'room',
  'HEAD /v1/rooms/:room/transcript': 'room',
  'HEAD /v1/rooms/:room/captions.m3u8': 'room',
  'HEAD /v1/rooms/:room/captions/:file': 'room',
  'GET /metrics': 'metrics',
  'HEAD /metrics': 'metrics',
  'GET /v1/info': 'public',
  'HEAD /v1/info': 'public',
  'GET /healthz': 'page',
  'HEAD /healthz': 'page',
  'GET /health': 'page',
  'HEAD /health': 'page',
  'GET /readyz': 'page',
  'HEAD /readyz': 'page',
  'GET /*': 'page',
  'HEAD /*': 'page',
};

const ROOM = 'hall';

interface Attempt {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
}

/** The status a request or an upgrade is answered with; 101 for one that is taken, 200 for an endless one. */
function statusOf(url: string, { method, path, headers = {} }: Attempt): Promise<number> {
  if (method === 'UPGRADE') return upgradeStatus(url.replace('http', 'ws') + path, headers);
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url + path, { method, headers, agent: false }, (response) => {
      resolve(response.statusCode!);
      response.destroy();
    });
    sent.on('error', reject);
    sent.end();
  });
}

function upgradeStatus(address: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address, [], { headers });
    // AssemblyAI's clients read a refusal only over an open connection: its close status says what it is.
    let closed = false;
    const done = (status: number): void => {
      if (closed) return;
      closed = true;
      resolve(status);
      socket.terminate();
    };
    socket.on('unexpected-response', (_, response) => done(response.statusCode!));
    socket.on('error', (error) => (closed ? undefined : reject(error)));
    socket.on('close', (code) => done(code === 1008 || (code >= 4_000 && code < 4_100) ? 403 : 101));
    socket.on('open', () => {
      if (!/\/v3\/ws/.test(address)) done(101);
      else socket.on('message', (data) => done(/"Begin"/.test(String(data)) ? 101 : 403));
    });
  });
}

const pathOf = ({ path }: Route): string =>
  path
    .replace('/v3/ws', '/v3/ws?sample_rate=16000')
    .replace(':room', ROOM)
    .replace(':id', 'x')
    .replace(':file', '1.vtt')
    .replace(':name', 'x')
    .replace(/\*$/, 'x');
const nameOf = ({ method, path }: Route): string => `${method} ${path}`;
const isLetIn = (status: number): boolean => status !== 401 && status !== 403;

async function open(t: Test) {
  const keyed = await openKeyedServer(t, [], { recorder: memoryRecorder().recorder });
  const everything = keyed.addKey('everything');
  const credentials = new Map<string, { readonly text: string; readonly scopes: readonly Scope[] }>();
  for (const scope of SCOPES)
    credentials.set(`a key for ${scope}`, { text: keyed.addKey(scope, [scope]), scopes: [scope] });
  credentials.set('a key for everything', { text: everything, scopes: SCOPES });
  for (const scope of TOKEN_SCOPES)
    credentials.set(`a token for ${scope}`, { text: await keyed.mint(everything, [scope]), scopes: [scope] });
  credentials.set('a token for all it can be for', {
    text: await keyed.mint(everything, TOKEN_SCOPES),
    scopes: TOKEN_SCOPES,
  });
  const viewer = keyed.viewerTokens.add({ room: ROOM }).token;
  credentials.set('a viewer token of the room', { text: viewer, scopes: [] });
  const other = keyed.viewerTokens.add({ room: 'lobby' }).token;
  credentials.set('a viewer token of another room', { text: other, scopes: [] });
  credentials.set('nonsense', { text: 'nonsense', scopes: [] });
  return { ...keyed, credentials };
}

function mayUse(scope: RouteScope, name: string, scopes: readonly Scope[]): boolean {
  if (scope === 'page' || scope === 'public') return true;
  if (scope === 'room') return scopes.includes('viewers') || name === 'a viewer token of the room';
  // By default a token is for sessions, and a key gives away only what it holds.
  if (scope === 'token') return scopes.includes('token') && scopes.includes('stream');
  return scopes.includes(scope === 'owner' ? 'viewers' : scope);
}

t.test('every route is known, and says what it takes', async (t) => {
  const { server } = await open(t);
  const found = Object.fromEntries(server.gateway.routes.map((route) => [nameOf(route), route.scope]));
  t.strictSame(found, WANTED);
});

t.test('each route lets in who holds what it takes, and nobody else', async (t) => {
  const { server, credentials } = await open(t);
  for (const route of server.gateway.routes) {
    const attempt = { method: route.method, path: pathOf(route) };
    const isFree = mayUse(route.scope, '', []);
    t.equal(isLetIn(await statusOf(server.url, attempt)), isFree, `${nameOf(route)} with nothing`);
    for (const [name, { text, scopes }] of credentials) {
      const status = await statusOf(server.url, { ...attempt, headers: { authorization: `Bearer ${text}` } });
      const what = `${nameOf(route)} with ${name}: ${status}`;
      t.equal(isLetIn(status), mayUse(route.scope, name, scopes), what);
    }
  }
});

t.test('no route is open to a page of another site that sends no Origin, but the pages', async (t) => {
  const { server, credentials } = await open(t);
  const headers = { authorization: `Bearer ${credentials.get('a key for everything')!.text}` };
  for (const route of server.gateway.routes) {
    const attempt = { method: route.method, path: pathOf(route) };
    const ask = (more: object): Promise<number> =>
      statusOf(server.url, { ...attempt, headers: { ...headers, ...more } });
    const elsewhere = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      { referer: 'https://elsewhere.example/page' },
    ];
    for (const more of elsewhere) {
      const status = await ask(more);
      if (route.scope === 'page') t.not(status, 403, `${nameOf(route)} ${JSON.stringify(more)}`);
      else t.equal(status, 403, `${nameOf(route)} ${JSON.stringify(more)}`);
    }
    for (const site of ['none', 'same-origin'])
      t.ok(isLetIn(await ask({ 'sec-fetch-site': site })), `${nameOf(route)} from ${site}`);
  }
});

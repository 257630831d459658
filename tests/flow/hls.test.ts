import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { LIMITS } from '../../protocol/index.ts';
import { ApiKeyAuth } from '../../server/access/api-key-auth.ts';
import { KeyFile } from '../../server/access/key-file.ts';
import { UsageCounter } from '../../server/access/usage.ts';
import { ViewerTokenFile } from '../../server/access/viewer-token-file.ts';
import { readHls } from '../support/hls-player.ts';
import { ScriptedAssistant } from '../support/scripted-assistant.ts';
import {
  converse,
  openScriptedServer,
  script,
  silentLog,
  sound,
  type TestEndpoint,
} from '../support/scripted-server.ts';

const WORDS = [...script('One um two three.', 0.6), ...script('Four five six.', 3.6)];
const SOUND = sound(6, [
  [0.5, 2],
  [3.5, 5],
]);
const CLEANED = ['One two three.', 'Four five six.'];

async function open(t: Test, endpoint: TestEndpoint = {}) {
  let wallMs = Date.parse('2026-01-31T12:00:00Z');
  const server = await openScriptedServer(WORDS, 8, { wallMs: () => wallMs, ...endpoint });
  t.teardown(() => server.close());
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(new URL(path, `${server.url}/v1/rooms/`), { headers });
  const player = readHls();
  /** As players do: the playlist, and each segment it names by the address it has there. */
  const look = async (path: string): Promise<string> => {
    const address = new URL(path, `${server.url}/v1/rooms/`);
    const playlist = await (await fetch(address)).text();
    const segments = new Map<string, string>();
    for (const [, uri] of playlist.matchAll(/^(captions\/.+)$/gm)) {
      const response = await fetch(new URL(uri!, address));
      segments.set(uri!, response.status === 200 ? await response.text() : `${response.status}`);
    }
    player.read(playlist, (uri) => segments.get(uri)!);
    return playlist;
  };
  const pass = (seconds: number): void => {
    wallMs += seconds * 1_000;
  };
  return { server, get, player, look, pass };
}

t.test('a player reads every caption once from the playlist of a room, and no segment changes', async (t) => {
  const { server, player, look, pass } = await open(t);
  await look('stage/captions.m3u8');
  await converse(await server.connect({ room: 'stage' }), SOUND);
  for (let i = 0; i < 6; i++) {
    pass(5);
    await look('stage/captions.m3u8');
  }
  t.same(player.texts, CLEANED);
  t.same(player.wrongs, []);
});

t.test('who comes later finds what was said in the last minute, and nothing older', async (t) => {
  const { server, player, look, pass } = await open(t);
  await converse(await server.connect({ room: 'stage' }), SOUND);
  pass(30);
  await look('stage/captions.m3u8?text=raw');
  t.same(player.texts, ['One um two three.', 'Four five six.']);
  pass(200);
  const late = await look('stage/captions.m3u8');
  t.same(player.texts.length, 2);
  t.equal(late.match(/#EXTINF/g)?.length, 10);
  t.same(player.wrongs, []);
});

t.test('captions lie where the picture has them', async (t) => {
  const { server, get, look, pass } = await open(t);
  await converse(await server.connect({ room: 'stage' }), SOUND);
  pass(30);
  const playlist = await look('stage/captions.m3u8?start=2026-01-31T11:59:00Z&mpegts=126000');
  const bodies: string[] = [];
  for (const [, uri] of playlist.matchAll(/^(captions\/.+)$/gm)) bodies.push(await (await get(`stage/${uri}`)).text());
  for (const body of bodies) t.match(body, /^WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:126000,LOCAL:00:00:00\.000\n/);
  // Its wall clock stands still while the session speaks, so its end is where the clock stood.
  t.match(bodies.join(''), /00:00:5\d\.\d{3} --> 00:0[01]:\d\d\.\d{3}\nOne two three\./);
  t.equal((await get('stage/captions.m3u8?start=yesterday')).status, 400);
  t.equal((await get('stage/captions.m3u8?start=2026-13-31T12:00:00Z')).status, 400);
  t.equal((await get('stage/captions/1.vtt')).status, 404, 'a segment that is no longer kept');
  t.equal((await get('stage/captions/99999999999.vtt')).status, 404, 'nor one that is not closed');
  t.equal((await get('stage/captions/x.vtt')).status, 404);
});

t.test('a token of the playlist is in the addresses of its segments, and without one nobody reads', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-hls-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const access = new ApiKeyAuth(new KeyFile(folder), new UsageCounter(folder, Date.now, silentLog), Date.now);
  const viewerTokens = new ViewerTokenFile(folder, Date.now);
  const { get, player, look } = await open(t, { access, viewerTokens });
  t.equal((await get('stage/captions.m3u8')).status, 401);
  t.equal((await get('stage/captions/294966399.vtt')).status, 401);
  const { token } = viewerTokens.add({ room: 'stage' });
  const playlist = await look(`stage/captions.m3u8?token=${token}`);
  t.match(playlist, `token=${token}`);
  t.same(player.wrongs, []);
  t.equal((await get(`lobby/captions.m3u8?token=${token}`)).status, 403);
});

t.test('only players in pages of allowed origins may read it', async (t) => {
  const { get } = await open(t, { allowedOrigins: ['https://player.example'] });
  const mine = await get('stage/captions.m3u8', { origin: 'https://player.example' });
  t.equal(mine.headers.get('access-control-allow-origin'), 'https://player.example');
  const uri = /^captions\/.+$/m.exec(await mine.text())![0];
  const segment = await get(`stage/${uri}`, { origin: 'https://player.example' });
  t.equal(segment.headers.get('access-control-allow-origin'), 'https://player.example');
  const other = await get('stage/captions.m3u8', { origin: 'https://elsewhere.example' });
  t.equal(other.status, 403);
  t.equal(other.headers.get('access-control-allow-origin'), null);
});

t.test('a server keeps so many playlists, and forgets those that nobody asks for', async (t) => {
  const { get, pass } = await open(t);
  for (let i = 0; i < LIMITS.hlsPlaylistsMax; i++) t.equal((await get(`room-${i}/captions.m3u8`)).status, 200);
  const refused = await get('one-more/captions.m3u8');
  t.equal(refused.status, 503);
  t.match(await refused.json(), { code: 'viewer.full' });
  t.equal((await get('room-0/captions.m3u8')).status, 200, 'those that are there go on');
  pass(LIMITS.hlsIdleMs / 1_000);
  t.equal((await get('one-more/captions.m3u8')).status, 200);
});

t.test('a playlist in another language asks for translations, until no player asks for it', async (t) => {
  const assistant = new ScriptedAssistant(({ user }) => `Auf Deutsch: ${user}`);
  const { server, get, player, look, pass } = await open(t, { assistant });
  await look('stage/captions.m3u8?translate=de');
  await converse(await server.connect({ room: 'stage' }), SOUND);
  pass(30);
  await look('stage/captions.m3u8?translate=de');
  t.same(
    player.texts,
    CLEANED.map((text) => `Auf Deutsch: ${text}`),
  );
  t.same(player.wrongs, []);
  t.same([...server.rooms.find('stage')!.languages], ['de']);
  pass(LIMITS.hlsIdleMs / 1_000);
  await get('lobby/captions.m3u8');
  t.same([...server.rooms.find('stage')!.languages], []);
});

import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openOutlets, sendCaptions } from '../../client/cli/captions/captions.ts';
import type { CaptionsOptions } from '../../client/cli/captions/options.ts';
import { systemClock } from '../../client/cli/captions/outlet.ts';
import { openCuttingProxy } from '../support/cutting-proxy.ts';
import { readHls } from '../support/hls-player.ts';
import { HttpSink } from '../support/http-sink.ts';
import { ObsServer } from '../support/obs-server.ts';
import { converse, openScriptedServer, script, sound } from '../support/scripted-server.ts';

const TEXT = ['First of all.', 'Then the second.', 'And a third.', 'Now the last.'];
const words = TEXT.flatMap((text, i) => script(text, 0.3 + i * 2));
const spans = TEXT.map((text, i) => [0.3 + i * 2, 0.3 + i * 2 + text.split(' ').length * 0.3] as const);

const OPTIONS: CaptionsOptions = {
  ...{ server: '', room: 'main', to: [], raw: false, from: 'now', waitMs: 2_000, untilIdle: true },
  ...{ style: 'pop-on', rows: 2, minMs: 0, maxMs: 7_000, readingSpeed: 1_000, obsUrl: '' },
  ...{ hlsSeconds: 2, hlsHold: 1, hlsKeep: 0, hlsMpegts: 0 },
};

async function counterparts(t: Test) {
  const obs = new ObsServer('secret');
  const webhook = new HttpSink();
  const zoom = new HttpSink();
  for (const server of [obs, webhook, zoom]) {
    await server.start();
    t.teardown(() => server.stop());
  }
  const folder = t.testdir({
    ...{ obs: 'secret\n', hook: `${webhook.url}/hook\n`, zoom: `${zoom.url}/closedcaption?id=1\n`, key: 'whsec_MDE=' },
  });
  const options: CaptionsOptions = {
    ...OPTIONS,
    ...{ to: ['obs', 'zoom', 'webhook', 'hls'], obsUrl: obs.url, hlsFolder: join(folder, 'hls') },
    ...{ obsPasswordFile: join(folder, 'obs'), webhookUrlFile: join(folder, 'hook') },
    ...{ zoomUrlFile: join(folder, 'zoom'), webhookSecretFile: join(folder, 'key') },
  };
  return { obs, webhook, zoom, options, playlist: join(folder, 'hls', 'captions.m3u8') };
}

t.test(
  'what is said in a room reaches OBS, Zoom, a webhook and HLS, each sentence once, over a line that is cut',
  async (t) => {
    const server = await openScriptedServer(words);
    t.teardown(() => server.close());
    const proxy = await openCuttingProxy(server.url, { cutsMax: 2, budget: () => ({ up: 10_000, down: 900 }) });
    t.teardown(() => proxy.close());
    const { obs, webhook, zoom, options, playlist } = await counterparts(t);
    zoom.moods.push(503, 'lost');
    webhook.moods.push(200, 500);
    const messages: string[] = [];
    const print = (text: string): void => {
      messages.push(text);
      if (messages.length === 1) started();
    };
    let started = (): void => {};
    const watching = new Promise<void>((resolve) => {
      started = resolve;
    });
    const asked = { ...options, server: proxy.url };
    const outlets = openOutlets(asked, print, systemClock);
    const sending = sendCaptions(asked, { outlets, stopped: new Promise(() => {}), print });
    await watching;
    const session = await server.connect({ room: 'main' });
    await converse(session, sound(9, spans));
    t.equal(await sending, 0, 'it ends with the room');
    t.equal(proxy.cuts, 2);
    t.same(
      obs.shown.filter((text) => text !== ''),
      TEXT,
    );
    t.same(
      webhook.taken.map(({ body }) => JSON.parse(body)).map(({ transcript }) => transcript),
      TEXT,
    );
    const bySequence = new Map(zoom.taken.map(({ url, body }) => [url.searchParams.get('seq'), body]));
    t.same(
      [...bySequence],
      TEXT.map((text, i) => [String(i + 1), `${text}\n`]),
    );
    const player = readHls();
    player.look(playlist);
    t.same([player.texts, player.wrongs, player.ended], [TEXT, [], true]);
  },
);

t.test('one counterpart that will have nothing does not stop the others', async (t) => {
  const server = await openScriptedServer(words);
  t.teardown(() => server.close());
  const { obs, zoom, options } = await counterparts(t);
  zoom.moods.push(403);
  const messages: string[] = [];
  let watching = (): void => {};
  const isWatching = new Promise<void>((resolve) => {
    watching = resolve;
  });
  const print = (text: string): void => {
    messages.push(text);
    if (text.startsWith('watching')) watching();
  };
  const asked: CaptionsOptions = { ...options, server: server.url, to: ['obs', 'zoom'] };
  const outlets = openOutlets(asked, print, systemClock);
  const sending = sendCaptions(asked, { outlets, stopped: new Promise(() => {}), print });
  await isWatching;
  await converse(await server.connect({ room: 'main' }), sound(9, spans));
  t.equal(await sending, 0);
  t.same(
    obs.shown.filter((text) => text !== ''),
    TEXT,
  );
  t.equal(messages.filter((text) => text.startsWith('Zoom: it refuses')).length, 1);
});

t.test('what is missing is said before anything begins', async (t) => {
  const open = (more: Partial<CaptionsOptions>) => () => openOutlets({ ...OPTIONS, ...more }, () => {}, systemClock);
  t.throws(open({}), /say where captions go/);
  t.throws(open({ to: ['zoom'] }), /Zoom’s caption URL is missing: set SOTTO_ZOOM_URL/);
  t.throws(open({ to: ['webhook'], webhookUrlFile: '/nowhere' }), /\/nowhere cannot be read/);
  t.throws(open({ to: ['hls'] }), /--hls-folder/);
});

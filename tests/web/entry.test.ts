import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import t from 'tap';
import { ApiKeyAuth } from '../../server/access/api-key-auth.ts';
import { KeyFile } from '../../server/access/key-file.ts';
import { addKey, revokeKey } from '../../server/access/keys.ts';
import { UsageCounter } from '../../server/access/usage.ts';
import { ViewerTokenFile } from '../../server/access/viewer-token-file.ts';
import { violations } from '../support/axe.ts';
import { openBrowser, shows } from '../support/browser.ts';
import { JFK, WEB } from '../support/meeting-page.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';
import { openScriptedServer, type ScriptedServer, script, silentLog, sound } from '../support/scripted-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-entry-'));
const file = new KeyFile(folder);
const keyOf = (name: string) =>
  addKey(file, { name, scopes: ['stream', 'transcripts', 'viewers', 'token'] }, Date.now());
const wrong: string[] = [];
let server: ScriptedServer;
let browser: Browser;

t.before(async () => {
  const access = new ApiKeyAuth(file, new UsageCounter(folder, Date.now, silentLog), Date.now);
  const viewerTokens = new ViewerTokenFile(folder, Date.now);
  const { recorder } = memoryRecorder();
  const words = script('One two three.', 0.4);
  server = await openScriptedServer(words, 8, {
    access,
    viewerTokens,
    recorder,
    web: WEB,
    info: { needsKey: true, keeps: true },
  });
  browser = await openBrowser(JFK);
});
t.teardown(async () => {
  await browser?.close();
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(path: string, page?: Page): Promise<Page> {
  const own = page ?? (await (await browser.newContext({ permissions: ['microphone'], locale: 'en' })).newPage());
  own.setDefaultTimeout(60_000);
  own.on('pageerror', (error) => wrong.push(error.message));
  own.on('request', (request) => {
    if (/(sotto_|view_|ey)[\w.-]{10,}/.test(request.url())) wrong.push(request.url());
  });
  await own.goto(server.url + path);
  return own;
}

async function give(page: Page, text: string): Promise<void> {
  await page.fill('#key-text', text);
  await page.click('#key-submit');
}
const asked = (page: Page): Promise<unknown> => page.waitForSelector('.key-dialog[open]');
const letIn = (page: Page): Promise<unknown> => page.waitForSelector('.key-dialog', { state: 'detached' });
/** Behind on a busy machine is listening, too. */
const listens = (page: Page): Promise<unknown> =>
  page.waitForSelector('#state[data-state="live"], #state[data-state="lag"]');
const stateIs = (page: Page, text: string): Promise<unknown> => shows(page, '#state', text);

t.test(
  'a page asks for a key before it records, says what is wrong with one, and shows the server a token',
  async (t) => {
    const { text: key } = keyOf('tab');
    const page = await open('/');
    const protocols: string[] = [];
    await page.exposeFunction('note', (text: string) => protocols.push(text));
    await page.evaluate(() => {
      const { WebSocket: Real } = window;
      window.WebSocket = class extends Real {
        constructor(url: string, names: string[]) {
          super(url, names);
          (window as never as { note(text: string): void }).note(names.join(' '));
        }
      } as never;
    });
    await page.click('#record');
    await asked(page);
    t.same(await violations(page), []);
    await give(page, 'nonsense');
    await shows(page, '.key-problem', 'key');
    t.equal(await page.getAttribute('#key-text', 'aria-invalid'), 'true');
    await give(page, key);
    await listens(page);
    t.match(protocols.at(-1), /^sotto\.v1 sotto\.auth\.ey/, 'a token made of the key');
    await page.click('#record');
    await page.waitForSelector('#state[data-state="idle"]');
    await page.reload();
    await page.waitForSelector('#record:enabled');
    await page.click('#record');
    await listens(page);
    t.notOk(await page.evaluate(() => localStorage.getItem('sotto.key')), 'it is the tab that remembers');
    await page.context().close();
  },
);

t.test('a key is remembered by the browser when that is wished, and until it is revoked or forgotten', async (t) => {
  const { text: key, key: made } = keyOf('kept');
  const page = await open('/meeting');
  await asked(page);
  await page.check('#key-remember');
  await give(page, key);
  await letIn(page);
  await page.waitForSelector('body[data-view="home"]');
  const other = await open('/meeting', await page.context().newPage());
  await other.waitForSelector('body[data-view="home"]');
  t.equal(await other.locator('.key-dialog').count(), 0);
  revokeKey(file, made.id, Date.now());
  await other.reload();
  await asked(other);
  await shows(other, '.key-problem', 'key');
  await other.click('#key-forget');
  await other.waitForSelector('body[data-view="home"]');
  t.equal(await other.evaluate(() => localStorage.getItem('sotto.key')), null);
  await page.context().close();
});

t.test('a shared link carries a token that lets others in without a key, until revoked', async (t) => {
  const { text: key } = keyOf('speaker');
  const page = await open(`/#key=${key}`);
  t.notMatch(page.url(), key, 'the address loses the key at once');
  await page.waitForSelector('#record:enabled');
  await page.click('#sharing summary');
  await page.fill('#room-name', 'hall');
  await page.click('#share-viewer-link button');
  await page.waitForFunction(() => /#token=view_/.test(document.querySelector<HTMLInputElement>('#share-link')!.value));
  t.same(await violations(page), []);
  const link = await page.inputValue('#share-link');
  t.match(await page.getAttribute('#share-overlay', 'href'), /room=hall#token=view_/);
  const reader = await open(link.replace(server.url, ''));
  await stateIs(reader, 'Nobody');
  const session = await server.connect({ room: 'hall', credential: key });
  session.send(sound(2, [[0.3, 1.2]]));
  await session.finish();
  await shows(reader, '#log', 'One two three.');
  await page.click('#share-viewer-link button');
  await page.waitForFunction(() => !/token/.test(document.querySelector<HTMLInputElement>('#share-link')!.value));
  await shows(reader, '#message', 'revoked');
  await reader.context().close();
  await page.context().close();
});

t.test(
  'who comes to the captions without a token is asked for one, and may paste the link they were sent',
  async (t) => {
    const { text: key } = keyOf('hall');
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${server.url}/v1/rooms/foyer/viewers`, { method: 'POST', headers });
    const { token } = (await response.json()) as { token: string };
    const page = await open('/captions?room=foyer');
    await asked(page);
    await page.click('#key-cancel');
    await shows(page, '#message', 'token');
    t.same(await violations(page), []);
    await page.click('#key');
    await give(page, `${server.url}/captions?room=foyer#token=${token}`);
    await stateIs(page, 'Nobody');
    await page.reload();
    await stateIs(page, 'Nobody');
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    await asked(page);
    await give(page, key);
    await stateIs(page, 'Nobody');
    await page.click('#open-share');
    t.notMatch(await page.inputValue('#link'), /token/, 'a key is not passed on');
    await page.click('#share-viewer-link button');
    await page.waitForFunction(() => /#token=view_/.test(document.querySelector<HTMLInputElement>('#link')!.value));
    await page.context().close();
  },
);

t.test(
  'a link with another key asks before it replaces the one that is held, and leaves the address at once',
  async (t) => {
    const { text: held } = keyOf('held');
    const { text: sent } = keyOf('sent');
    const holds = (page: Page): Promise<string | null> =>
      page.evaluate(() => sessionStorage.getItem('sotto.key') ?? localStorage.getItem('sotto.key'));
    const page = await open(`/#key=${held}`);
    await page.waitForSelector('#record:enabled');
    t.equal(await holds(page), held, 'the first is taken');
    for (const path of ['/', '/meeting', '/captions?room=hall', '/overlay/settings?room=hall']) {
      // Only the hash would differ on the same page, and that loads nothing.
      await page.goto('about:blank');
      await open(`${path}#key=${sent}`, page);
      await page.waitForSelector('#key-replace[open]');
      t.notMatch(page.url(), sent, path);
      t.equal(await holds(page), held, `${path} keeps it while it asks`);
      t.match(await page.textContent('#key-replace p'), new URL(server.url).host, 'it names the server');
      if (path === '/') t.same(await violations(page), []);
      await page.keyboard.press('Enter');
      await page.waitForSelector('#key-replace', { state: 'detached' });
      t.equal(await holds(page), held, `${path}: Enter alone changes nothing`);
    }
    await page.goto('about:blank');
    await open(`/#key=${held}`, page);
    await page.waitForSelector('#record:enabled');
    t.equal(await page.locator('#key-replace').count(), 0, 'one’s own key is no question');
    await page.goto('about:blank');
    await open(`/#key=${sent}`, page);
    await page.click('#key-replace-yes');
    await page.waitForFunction((text) => sessionStorage.getItem('sotto.key') === text, sent);
    await page.context().close();
  },
);

t.test('no key and no token was ever part of an address, and nothing was thrown', (t) => {
  t.same(wrong, []);
  t.end();
});

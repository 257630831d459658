import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import t from 'tap';
import type { RunningServer } from '../../server/main.ts';
import { violations } from '../support/axe.ts';
import { openBrowser, shows } from '../support/browser.ts';
import { openServer } from '../support/server.ts';
import { staysTrue, until } from '../support/until.ts';
import { wordErrorRate } from '../support/wer.ts';

const wav = fileURLToPath(new URL('../fixtures/speech/jfk.wav', import.meta.url));
const SPOKEN =
  'and so my fellow americans ask not what your country can do for you ask what you can do for your country';

let server: RunningServer;
let browser: Browser;
/** What the pages' own policy refused; must stay empty. */
const refused: string[] = [];

t.before(async () => {
  server = await openServer('--model', 'tiny.en');
  browser = await openBrowser(wav);
});
t.teardown(async () => {
  await browser?.close();
  await server?.close();
});

async function openPage(dark = false, url = server.url): Promise<Page> {
  const context = await browser.newContext({
    permissions: ['microphone', 'clipboard-read', 'clipboard-write'],
    colorScheme: dark ? 'dark' : 'light',
    viewport: { width: 1_100, height: 820 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) refused.push(message.text());
  });
  await page.goto(url);
  await ready(page);
  return page;
}

/** The page listens once it has read what earlier visits left. */
const ready = (page: Page): Promise<unknown> => page.waitForSelector('#record:enabled');
const stateIs = (page: Page, text: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.querySelector('#state')?.textContent === wanted, text);
const sessionsOf = async (url: string): Promise<number> =>
  ((await (await fetch(`${url}/v1/info`)).json()) as { sessions: number }).sessions;

t.test('words spoken into the microphone appear, become final and become clean', async (t) => {
  const page = await openPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const cleaned: string[] = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => cleaned.push(String(payload))));
  await page.click('#record');
  await page.waitForFunction(() => (document.querySelector('#open')?.textContent ?? '') !== '');
  t.pass('words are shown before their sentence has ended');
  await page.waitForSelector('.sentence');
  t.pass('a sentence becomes final while the rest is still spoken');
  await page.waitForFunction(() => /do for your country/i.test(document.querySelector('#log')?.textContent ?? ''));
  await page.click('#record');
  await stateIs(page, 'Ready');
  const text = (await page.locator('.sentence-text').allTextContents()).join(' ');
  const { errors: wrong, words } = wordErrorRate(SPOKEN, text, 'en');
  t.ok(wrong / words <= 0.35, `${wrong} of ${words} words are wrong: ${text}`);
  const events = cleaned.map((frame) => JSON.parse(frame));
  const sentencesOf = (wanted: string): Set<number> =>
    new Set(events.filter(({ type }) => type === wanted).map(({ sentence }) => sentence));
  const finals = sentencesOf('final');
  t.ok(finals.size > 0);
  t.same(sentencesOf('cleaned'), finals, 'every final is cleaned');
  t.same(errors, [], 'the page throws no error');
  await page.context().close();
});

t.test('a file dropped on the page is transcribed, saved and kept over a reload', async (t) => {
  const page = await openPage();
  await page.setInputFiles(
    '#file',
    fileURLToPath(new URL('../fixtures/speech/long_2_dictation_fillers.wav', import.meta.url)),
  );
  await page.waitForFunction(
    () =>
      document.querySelector('#state')?.textContent === 'Ready' && document.querySelectorAll('.sentence').length > 5,
  );
  const clean = await page.locator('#log').textContent();
  t.notMatch(clean, /\bu[hm]\b/i, 'fillers are gone');
  await page.click('#view');
  t.match(await page.locator('#log').textContent(), /\bu[hm]\b/i, 'and come back in the raw view');
  t.ok((await page.locator('del').count()) > 0, 'where they are struck out');
  await page.click('#view');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.click('#export-menu summary').then(() => page.click('[data-export="srt"]')),
  ]);
  t.match(readFileSync(await download.path(), 'utf8'), /^1\n00:00:0\d,\d{3} --> /);
  await page.reload();
  await ready(page);
  const kept = await page.locator('.sentence').count();
  t.ok(kept > 5, 'a reload loses nothing');
  const times = (): Promise<string[]> => page.locator('.sentence time').allTextContents();
  const before = seconds((await times()).at(-1));
  await page.setInputFiles('#file', wav);
  await page.waitForFunction((count) => document.querySelectorAll('.sentence').length > count, kept);
  await stateIs(page, 'Ready');
  t.ok(seconds((await times())[kept]) >= before, 'a second run goes on where the first ended');
  await page.click('#export-menu summary');
  await page.click('[data-export="clear"]');
  t.equal(await page.locator('.sentence').count(), 0);
  await page.click('#toast button');
  t.ok((await page.locator('.sentence').count()) > kept, 'clearing can be undone');
  await page.context().close();
});

t.test('what is said in a room is read on the captions page and in the overlay', async (t) => {
  const page = await openPage();
  await page.click('#sharing summary');
  await page.fill('#room-name', 'Hall');
  t.equal(await page.getAttribute('#room-name', 'aria-invalid'), 'true');
  t.ok(await page.locator('#share-links').isHidden());
  await page.fill('#room-name', 'hall');
  t.equal(await page.inputValue('#share-link'), `${server.url}/captions?room=hall`);
  t.ok(await page.locator('#share-qr svg').isVisible());
  t.same(await violations(page), []);
  const [captions, overlay] = await Promise.all(
    ['/captions?room=hall', '/overlay?room=hall&fade=0&lines=8&speed=60'].map(async (path) => {
      const reader = await page.context().newPage();
      await reader.goto(server.url + path);
      return reader;
    }),
  );
  await overlay!.waitForSelector('[data-subscription="live"]');
  await page.setInputFiles('#file', wav);
  const says = (reader: Page | undefined, selector: string): Promise<unknown> =>
    reader!.waitForFunction(
      (selector) => /for your country/i.test(document.querySelector(selector)?.textContent ?? ''),
      selector,
    );
  await says(captions, '#log');
  await says(overlay, '#stage');
  t.equal(await captions!.locator('#open p').count(), 0, 'nothing is left open');
  await stateIs(page, 'Ready');
  await page.context().close();
});

t.test('the keyboard starts, mutes, stops and helps, whatever has the focus', async (t) => {
  const page = await openPage();
  await page.focus('#theme');
  await page.keyboard.press('?');
  await page.waitForSelector('#help-dialog', { state: 'visible' });
  await page.keyboard.press('Escape');
  // A dialog that is still closing would take the next key.
  await page.waitForSelector('#help-dialog', { state: 'hidden' });
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press('Space');
  await stateIs(page, 'Listening');
  await page.focus('#record');
  await page.keyboard.press('m');
  await page.waitForSelector('#mute[aria-pressed="true"]');
  await page.keyboard.press('r');
  await page.waitForSelector('#view[aria-pressed="true"]');
  await page.keyboard.press('Space');
  await stateIs(page, 'Ready');
  await shows(page, '#record-label', 'Start');
  // The space bar presses the button once: nothing begins again.
  await staysTrue(async () => (await page.locator('#record-label').textContent()) === 'Start', 300);
  t.equal(await page.locator('#state').textContent(), 'Ready');
  await page.context().close();
});

t.test('stopping while the page connects leaves no session and no microphone behind', async (t) => {
  await until(async () => (await sessionsOf(server.url)) === 0);
  const page = await openPage();
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await page.evaluate(() => {
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    const held = window as unknown as { tracks: MediaStreamTrack[]; allow(): void };
    held.tracks = [];
    mediaDevices.getUserMedia = async (constraints) => {
      await new Promise<void>((resolve) => {
        held.allow = resolve;
      });
      const stream = await open(constraints);
      held.tracks.push(...stream.getTracks());
      return stream;
    };
  });
  await page.click('#record');
  await stateIs(page, 'Connecting');
  await page.click('#record');
  await stateIs(page, 'Ready');
  await page.evaluate(() => (window as unknown as { allow(): void }).allow());
  await page.waitForFunction(() =>
    (window as unknown as { tracks: MediaStreamTrack[] }).tracks.some(({ readyState }) => readyState === 'ended'),
  );
  t.same(sockets, [], 'nothing was connected');
  t.equal(await sessionsOf(server.url), 0);
  t.equal(await page.locator('#state').textContent(), 'Ready');
  await page.context().close();
});

t.test('a server whose places are all taken says so', async (t) => {
  const small = await openServer('--model', 'tiny.en', '--cleanup', 'rules', '--sessions-max', '1');
  const [first, second] = [await openPage(false, small.url), await openPage(false, small.url)];
  await first.click('#record');
  await stateIs(first, 'Listening');
  await second.click('#record');
  await second.waitForSelector('#message:not([hidden])');
  t.match(await second.locator('#message').textContent(), /server is full/);
  await first.context().close();
  await second.context().close();
  await small.close();
});

t.test('a microphone that is unplugged is replaced, and the session goes on', async (t) => {
  const page = await openPage();
  await page.evaluate(() => {
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    const held = window as unknown as { opened: MediaStreamTrack[] };
    held.opened = [];
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      held.opened.push(...stream.getTracks());
      return stream;
    };
  });
  await page.click('#record');
  await stateIs(page, 'Listening');
  await page.evaluate(() => {
    const [track] = (window as unknown as { opened: MediaStreamTrack[] }).opened;
    track?.stop();
    track?.dispatchEvent(new Event('ended'));
  });
  await page.waitForFunction(() => (window as unknown as { opened: unknown[] }).opened.length === 2);
  await page.waitForFunction(() => /now using/.test(document.querySelector('#toast')?.textContent ?? ''));
  t.equal(await page.locator('#state').textContent(), 'Listening');
  await page.click('#record');
  await stateIs(page, 'Ready');
  await page.context().close();
});

t.test('a microphone that is not allowed, and a server that is gone, are explained', async (t) => {
  const page = await openPage();
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
  });
  await page.click('#record');
  await page.waitForSelector('#message:not([hidden])');
  t.match(await page.locator('#message').textContent(), /not allowed.*address bar/);
  await page.reload();
  await ready(page);
  await page.evaluate(() => {
    (window as { WebSocket: unknown }).WebSocket = class extends WebSocket {
      constructor() {
        super(`${location.origin.replace('http', 'ws')}/nowhere`);
      }
    };
  });
  await page.click('#record');
  await page.waitForSelector('#message:not([hidden])');
  t.match(
    await page.locator('#message').textContent(),
    /refused or cut.*WebSockets/,
    'HTTP works, the socket does not',
  );
  await page.reload();
  await ready(page);
  await page.context().setOffline(true);
  await page.click('#record');
  await page.waitForSelector('#message:not([hidden])');
  t.match(await page.locator('#message').textContent(), /offline/);
  await page.context().close();
});

for (const dark of [false, true]) {
  t.test(`the page has no accessibility violation in ${dark ? 'dark' : 'light'}`, async (t) => {
    const page = await openPage(dark);
    await page.click('#settings summary');
    t.same(await violations(page), []);
    await page.context().close();
  });
}

t.test('the page works under its own content security policy', async (t) => {
  t.same(refused, []);
  const page = await openPage();
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.inline = true';
    document.body.append(script);
  });
  t.notOk(await page.evaluate(() => 'inline' in window), 'and the policy is in force');
  await page.context().close();
});

/** 1:15 → 75. */
function seconds(time = ''): number {
  return time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import t from 'tap';
import type { RunningServer } from '../../server/main.ts';
import { openBrowser } from '../support/browser.ts';
import { openServer } from '../support/server.ts';
import { wordErrorRate } from '../support/wer.ts';

const wav = fileURLToPath(new URL('../fixtures/speech/jfk.wav', import.meta.url));
const SPOKEN =
  'and so my fellow americans ask not what your country can do for you ask what you can do for your country';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let server: RunningServer;
let browser: Browser;

t.before(async () => {
  server = await openServer('--model', 'tiny.en');
  browser = await openBrowser(wav);
});
t.teardown(async () => {
  await browser?.close();
  await server?.close();
});

async function openPage(dark = false): Promise<Page> {
  const context = await browser.newContext({
    permissions: ['microphone', 'clipboard-read', 'clipboard-write'],
    colorScheme: dark ? 'dark' : 'light',
    bypassCSP: true,
    viewport: { width: 1_100, height: 820 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(server.url);
  return page;
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    (
      window as never as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    ).axe.run(),
  );
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

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
  await page.waitForFunction(() => document.querySelector('#state')?.textContent === 'Ready');
  const text = (await page.locator('.said').allTextContents()).join(' ');
  const { errors: wrong, words } = wordErrorRate(SPOKEN, text, 'en');
  t.ok(wrong / words <= 0.35, `${wrong} of ${words} words are wrong: ${text}`);
  const events = cleaned.map((frame) => JSON.parse(frame));
  const finals = events.filter(({ type }) => type === 'final').length;
  t.ok(finals > 0);
  t.equal(events.filter(({ type }) => type === 'cleaned').length, finals, 'every final is cleaned');
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
  t.notMatch(clean, /\bum\b/i, 'fillers are gone');
  await page.click('#view');
  t.match(await page.locator('#log').textContent(), /\bum\b/i, 'and come back in the raw view');
  t.ok((await page.locator('del').count()) > 0, 'where they are struck out');
  await page.click('#view');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.click('#export-menu summary').then(() => page.click('[data-export="srt"]')),
  ]);
  t.match(readFileSync(await download.path(), 'utf8'), /^1\n00:00:0\d,\d{3} --> /);
  await page.reload();
  t.ok((await page.locator('.sentence').count()) > 5, 'a reload loses nothing');
  await page.context().close();
});

t.test('the keyboard starts, stops and helps', async (t) => {
  const page = await openPage();
  await page.keyboard.press('?');
  t.ok(await page.locator('#help-dialog').isVisible());
  await page.keyboard.press('Escape');
  await page.keyboard.press('Space');
  await page.waitForFunction(() => document.querySelector('#record')?.getAttribute('aria-pressed') === 'true');
  await page.keyboard.press('Space');
  await page.waitForFunction(() => document.querySelector('#state')?.textContent === 'Ready');
  t.pass('space starts and stops');
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
  await page.evaluate(() => {
    (window as { WebSocket: unknown }).WebSocket = class extends WebSocket {
      constructor() {
        super('ws://127.0.0.1:9/v1/stream');
      }
    };
  });
  await page.click('#record');
  await page.waitForSelector('#message:not([hidden])');
  t.match(await page.locator('#message').textContent(), /cannot be reached.*Sotto is running/);
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

import type { Browser, Page } from 'playwright-core';
import t from 'tap';
import { violations } from '../support/axe.ts';
import { openBrowser } from '../support/browser.ts';
import { errors, JFK, settled, WEB } from '../support/meeting-page.ts';
import { openScriptedServer, type ScriptedServer } from '../support/scripted-server.ts';

/** A database as browsers hold it since the first release: what people have in theirs must stay readable. */
interface Layout {
  readonly name: string;
  readonly keyPaths: Readonly<Record<string, string | string[]>>;
}
const SENTENCES: Layout = { name: 'sotto', keyPaths: { sentences: ['page', 'number'] } };
const MEETINGS: Layout = {
  name: 'sotto-meetings',
  keyPaths: {
    meetings: 'id',
    sentences: ['meeting', 'key'],
    live: 'meeting',
    audio: ['meeting', 'fromSample'],
  },
};

let server: ScriptedServer;
let browser: Browser;
t.before(async () => {
  server = await openScriptedServer([], 1, { web: WEB });
  browser = await openBrowser(JFK);
});
t.teardown(async () => {
  await browser?.close();
  await server?.close();
});
t.afterEach(() => {
  t.same(errors.splice(0), [], 'no page threw an error');
});

/** Makes the database with the browser's own calls, before a page has opened it. */
function createDatabase(page: Page, layout: Layout, records: Readonly<Record<string, readonly object[]>>) {
  return page.evaluate(
    ([{ name, keyPaths }, records]) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open(name, 1);
        opening.onupgradeneeded = () => {
          for (const [store, keyPath] of Object.entries(keyPaths)) opening.result.createObjectStore(store, { keyPath });
        };
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const transaction = opening.result.transaction(Object.keys(keyPaths), 'readwrite');
          for (const [store, values] of Object.entries(records))
            for (const value of values) transaction.objectStore(store).put(value);
          transaction.oncomplete = () => {
            opening.result.close();
            resolve();
          };
        };
      }),
    [layout, records] as const,
  );
}

/** What is in the database now, and how it is laid out. */
function readDatabase(page: Page, name: string) {
  return page.evaluate(
    (name) =>
      new Promise<{ version: number; keyPaths: Layout['keyPaths']; records: Record<string, unknown[]> }>((resolve) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => {
          const database = opening.result;
          const stores = Array.from(database.objectStoreNames);
          const transaction = database.transaction(stores);
          const asked = stores.map((store) => [store, transaction.objectStore(store).getAll()] as const);
          const keyPaths = Object.fromEntries(
            stores.map((store) => [store, transaction.objectStore(store).keyPath as string | string[]]),
          );
          transaction.oncomplete = () => {
            const records = Object.fromEntries(asked.map(([store, request]) => [store, request.result as unknown[]]));
            resolve({ version: database.version, keyPaths, records });
            database.close();
          };
        };
      }),
    name,
  );
}

/** A page of the server's origin that runs none of our scripts. */
async function openOrigin(): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  await page.goto(`${server.url}/icon.svg`);
  return page;
}

const sentence = (page: number, number: number, stable: string) => ({
  ...{
    page,
    number,
    channel: 0,
    stable,
    tentative: '',
    final: true,
    fromMs: number * 1_000,
    toMs: number * 1_000 + 900,
  },
  words: [{ text: stable, fromMs: number * 1_000, toMs: number * 1_000 + 900, confidence: 1 }],
  ...{ language: 'en', cleaned: stable, changes: [] },
});

t.test('sentences that an earlier version kept are shown, cleared and brought back', async (t) => {
  const page = await openOrigin();
  await createDatabase(page, SENTENCES, {
    sentences: [sentence(1, 1, 'One.'), sentence(1, 2, 'Two.'), sentence(7, 1, 'Three.')],
  });
  await page.goto(server.url);
  await page.waitForSelector('#record:enabled');
  t.same(await page.locator('#log .sentence [dir="auto"]').allTextContents(), ['One.', 'Two.', 'Three.']);
  await page.click('#export-menu summary');
  await page.click('#clear');
  await page.click('#toast button');
  const { version, keyPaths, records } = await readDatabase(page, SENTENCES.name);
  t.equal(version, 1);
  t.same(keyPaths, SENTENCES.keyPaths, 'the layout is the same');
  t.match(records['sentences'], [{ stable: 'One.' }, { stable: 'Two.' }, { stable: 'Three.' }]);
  t.equal(records['sentences']!.length, 3, 'clearing removed the old ones');
  await page.context().close();
});

t.test('a sentence that was heard again has a mark, and a press or the key R shows it as first heard', async (t) => {
  const page = await openOrigin();
  const revised = { revised: 'The weather.', cleaned: 'The weather!', revisedWords: [] };
  await createDatabase(page, SENTENCES, {
    sentences: [sentence(1, 1, 'One.'), { ...sentence(1, 2, 'The wether.'), ...revised }],
  });
  await page.goto(server.url);
  await page.waitForSelector('#record:enabled');
  const texts = (): Promise<string[]> => page.locator('#log .sentence-text').allTextContents();
  t.same(await texts(), ['One.', 'The weather!']);
  const mark = page.locator('.hearing-mark');
  t.equal(await mark.count(), 1);
  t.equal(await mark.evaluate((each) => getComputedStyle(each).opacity), '1', 'it is seen without pointing at it');
  await mark.click();
  t.same(await texts(), ['One.', 'The wether.']);
  t.equal(await mark.getAttribute('aria-pressed'), 'true');
  await mark.press('Enter');
  t.same(await texts(), ['One.', 'The weather!']);
  await page.keyboard.press('r');
  t.same(await texts(), ['One.', 'The wether.']);
  t.same(await violations(page), []);
  await page.context().close();
});

t.test('a meeting that an earlier version kept is listed, opened and written on', async (t) => {
  const page = await openOrigin();
  const startedAt = '2026-01-31T12:00:00.000Z';
  await createDatabase(page, MEETINGS, {
    meetings: [
      {
        ...{ id: 'm1', title: 'Plans', startedAt, consentAt: startedAt, speakers: { 0: 'Me', 1: 'Them' }, parts: 1 },
        ...{ notes: [{ id: 'n1', atMs: 500, text: 'First note' }], changedMs: 1, unsent: [], count: 2 },
      },
    ],
    sentences: [
      { meeting: 'm1', key: '1.1.1', channel: 1, text: 'And you?', highlight: false, fromMs: 2_000, toMs: 2_900 },
      {
        ...{ meeting: 'm1', key: '1.0.1', channel: 0, text: 'um We ship.', cleaned: 'We ship.', highlight: true },
        ...{ language: 'en', words: [], fromMs: 0, toMs: 900 },
      },
    ],
  });
  await page.goto(`${server.url}/meeting`);
  await settled(page);
  await page.click('#meetings a');
  await page.waitForSelector('#log [data-key]');
  t.same(await page.locator('#log [data-key] .sentence-text').allTextContents(), ['We ship.', 'And you?']);
  t.equal(await page.locator('#notes textarea').inputValue(), 'First note');
  await page.fill('#note-text', 'Second note');
  await page.press('#note-text', 'Enter');
  await page.waitForFunction(() => document.querySelectorAll('#notes li').length === 2);
  await page.reload();
  await settled(page);
  await page.waitForFunction(() => document.querySelectorAll('#notes li').length === 2);
  const { version, keyPaths, records } = await readDatabase(page, MEETINGS.name);
  t.equal(version, 1);
  t.same(keyPaths, MEETINGS.keyPaths, 'the layout is the same');
  t.match(records['meetings'], [
    { id: 'm1', title: 'Plans', count: 2, notes: [{ id: 'n1' }, { text: 'Second note' }] },
  ]);
  t.equal(records['sentences']!.length, 2);
  await page.context().close();
});

t.test('sound that an earlier version could not send is kept until it is sent', async (t) => {
  const page = await openOrigin();
  const startedAt = '2026-01-31T12:00:00.000Z';
  await createDatabase(page, MEETINGS, {
    meetings: [
      {
        ...{ id: 'm2', title: 'Cut off', startedAt, consentAt: startedAt, speakers: { 0: 'Me', 1: 'Them' }, parts: 1 },
        ...{ notes: [], changedMs: 1, unsent: [], count: 0 },
      },
    ],
    live: [
      {
        meeting: 'm2',
        kept: { ready: { type: 'ready', session: 'gone', secret: 'gone', resumeMs: 1, audio: {} }, seq: 3 },
        at: { part: 1, fromMs: 0 },
        open: [{ key: '1.0.1', channel: 0, stable: 'Half a', tentative: ' sentence', fromMs: 0, toMs: 900 }],
        ...{ tookMs: 1, paused: false, sources: { me: true, them: false } },
      },
    ],
  });
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const opening = indexedDB.open('sotto-meetings', 1);
        opening.onsuccess = () => {
          const transaction = opening.result.transaction('audio', 'readwrite');
          transaction.objectStore('audio').put({ meeting: 'm2', fromSample: 0, bytes: new Uint8Array(64) });
          transaction.oncomplete = () => {
            opening.result.close();
            resolve();
          };
        };
      }),
  );
  await page.goto(`${server.url}/meeting#m2`);
  await page.waitForSelector('#message:not([hidden])');
  t.match(
    await page.locator('#log [data-key] .sentence-text').allTextContents(),
    ['Half a sentence'],
    'what was on screen stays',
  );
  const { records } = await readDatabase(page, MEETINGS.name);
  t.equal(records['audio']!.length, 1);
  t.same(records['live'], [], 'the recording is over');
  await page.context().close();
});

t.test('a page whose browser forbids storage works without', async (t) => {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('Storage is forbidden here.', 'SecurityError');
    };
  });
  await page.goto(server.url);
  await page.waitForSelector('#record:enabled');
  t.ok(await page.isVisible('#empty'));
  await page.goto(`${server.url}/meeting`);
  await settled(page);
  t.match(await page.locator('#message').textContent(), 'does not save anything');
  await page.context().close();
});

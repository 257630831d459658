import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import t from 'tap';
import type { StoredTranscript, TranscriptPage } from '../../protocol/index.ts';
import type { Assistant } from '../../server/ports/assistant.ts';
import { violations } from '../support/axe.ts';
import { openBrowser } from '../support/browser.ts';
import {
  errors,
  JFK,
  openMeetingPage,
  showsSentences,
  startMeeting,
  stateIs,
  WEB,
  WORDS,
} from '../support/meeting-page.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';
import { openScriptedServer, type ScriptedServer } from '../support/scripted-server.ts';
import { until } from '../support/until.ts';

let server: ScriptedServer;
let browser: Browser;
t.before(async () => {
  server = await openScriptedServer(WORDS, 8, { web: WEB });
  browser = await openBrowser(JFK);
});
t.teardown(async () => {
  await browser?.close();
  await server?.close();
});
t.afterEach(() => {
  t.same(errors.splice(0), [], 'no page threw an error');
});

t.test('past meetings are found, corrected, renamed, exported and deleted, from the keyboard', async (t) => {
  const page = await openMeetingPage(browser, server.url);
  await startMeeting(page, 'me');
  await showsSentences(page, 3);
  await page.click('#record');
  await stateIs(page, 'Ready');
  await page.fill('#title', 'Plan of the week');
  await page.keyboard.press('Tab');
  await page.focus('#scroll');
  await page.keyboard.press('k');
  await page.keyboard.press('e');
  await page.fill('#correct-text', 'Zebras are corrected.');
  await page.click('#correct button[value="yes"]');
  const corrected = page.locator('.sentence[data-corrected="true"] .sentence-text');
  await corrected.waitFor();
  t.equal(await corrected.textContent(), 'Zebras are corrected.');
  await page.keyboard.press('o');
  t.not(await corrected.textContent(), 'Zebras are corrected.', 'the first version can be shown');
  await page.locator('.speaker-name').first().click();
  await page.fill('#rename-text', 'Ada');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('.speaker-name')?.textContent === 'Ada');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.click('#save-menu summary').then(() => page.click('[data-format="md"]')),
  ]);
  t.match(readFileSync(await download.path(), 'utf8'), /# Plan of the week[\s\S]*### Ada[\s\S]*Zebras are corrected\./);
  await page.keyboard.press('/');
  await page.waitForSelector('body[data-view="home"]');
  await page.fill('#search', 'zebras');
  await page.waitForSelector('.snippet');
  t.match(await page.locator('.meeting').textContent(), /Plan of the week.*Zebras are/);
  await page.click('.meeting a');
  await page.waitForSelector('.sentence[data-corrected="true"]');
  await page.keyboard.press('/');
  await page.click('.meeting button');
  await page.click('#remove button[value="no"]');
  t.equal(await page.locator('.meeting').count(), 1, 'a second thought keeps it');
  await page.click('.meeting button');
  await page.click('#remove button[value="yes"]');
  await page.waitForSelector('#no-meetings:not([hidden])');
  t.equal(await page.locator('.meeting').count(), 0);
  await page.context().close();
});

t.test('what a server keeps is listed, found, edited and summarised there, and the browser lets it go', async (t) => {
  const { recorder } = memoryRecorder();
  const claim = { text: 'They ship on Friday.', from: [1, 2, 3, 4] };
  const assistant: Assistant = {
    name: 'script',
    promptCharsMax: 10_000,
    complete: async () => JSON.stringify({ summary: [claim], decisions: [], actions: [{ ...claim, from: [99] }] }),
    close: async () => {},
  };
  const keeping = await openScriptedServer(WORDS, 8, { web: WEB, recorder, assistant });
  const page = await openMeetingPage(browser, keeping.url, { info: { keeps: true, assistant: 'script' } });
  const kept = async (): Promise<StoredTranscript> => {
    const { transcripts } = (await (await fetch(`${keeping.url}/v1/transcripts`)).json()) as TranscriptPage;
    return (await (await fetch(`${keeping.url}/v1/transcripts/${transcripts[0]!.id}`)).json()) as StoredTranscript;
  };
  await startMeeting(page, 'me');
  t.equal(await page.locator('#storage').textContent(), 'Saved on the server');
  await showsSentences(page, 4);
  await page.keyboard.press('h');
  await page.keyboard.press('n');
  await page.keyboard.type('ask Ada');
  await page.keyboard.press('Enter');
  await page.click('#record');
  await stateIs(page, 'Ready');
  await page.fill('#title', 'Weekly');
  await page.keyboard.press('Tab');
  await until(async () => (await kept()).title === 'Weekly');
  const { sentences, notes } = await kept();
  t.match(notes, [{ text: 'ask Ada' }]);
  t.equal(sentences.filter(({ highlight }) => highlight).length, 1);
  t.same(
    await page.locator('#log .sentence').evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset['key'])),
    sentences.map(({ part, channel, sentence }) => `${part}.${channel}.${sentence}`),
  );
  await page.click('#tab-summary');
  await page.click('#summarise');
  await page.waitForSelector('.claims li');
  t.equal(await page.locator('.claims li').count(), 1, 'a claim without sentences is not shown');
  await page.click('.claims .time-button');
  t.equal(await page.evaluate(() => (document.activeElement as HTMLElement).dataset['key']), '1.0.1');
  await page.keyboard.press('/');
  await page.waitForSelector('.meeting');
  t.notMatch(await page.locator('.meeting').textContent(), /this browser only/);
  const local = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const opening = indexedDB.open('sotto-meetings');
        opening.onsuccess = () => {
          const count = opening.result.transaction('sentences').objectStore('sentences').count();
          count.onsuccess = () => resolve(count.result);
        };
      }),
  );
  t.equal(local, 0, 'the browser keeps no second copy');
  await page.fill('#search', 'ada');
  await page.waitForSelector('.snippet');
  await page.click('.meeting a');
  await showsSentences(page, 4);
  t.equal(await page.locator('.note-item').count(), 1);
  await page.keyboard.press('/');
  await page.click('.meeting button');
  await page.click('#remove button[value="yes"]');
  await page.waitForSelector('#no-meetings:not([hidden])');
  t.same((await (await fetch(`${keeping.url}/v1/transcripts`)).json()) as TranscriptPage, { transcripts: [] });
  await page.context().close();
  await keeping.close();
});

t.test('a revised sentence has a mark, and its first version is shown and saved where that is wanted', async (t) => {
  const { recorder, store } = memoryRecorder();
  const keeping = await openScriptedServer(WORDS, 8, { web: WEB, recorder });
  const made = store.create('', { title: 'Weekly', startedMs: Date.UTC(2026, 10, 25) });
  if (typeof made === 'string') throw new Error(made);
  const place = store.join('', made.id);
  if (typeof place === 'string') throw new Error(place);
  const words = [{ text: 'The', fromMs: 0, toMs: 300, confidence: 1 }];
  const of = { channel: 0, sentence: 1 };
  store.add(place, [
    { kind: 'final', ...of, text: 'The wether.', words, language: 'en', fromMs: 0, toMs: 900 },
    { kind: 'revised', ...of, text: 'The weather.', words },
  ]);
  const page = await openMeetingPage(browser, keeping.url, { info: { keeps: true } });
  await page.click('.meeting a');
  const text = page.locator('#log .sentence-text');
  await text.waitFor();
  t.equal(await text.textContent(), 'The weather.');
  await page.click('.hearing-mark');
  t.equal(await text.textContent(), 'The wether.');
  t.equal(await page.getAttribute('.hearing-mark', 'aria-pressed'), 'true');
  await page.focus('#scroll');
  await page.keyboard.press('o');
  t.equal(await text.textContent(), 'The weather.');
  t.same(await violations(page), []);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page
      .click('#save-menu summary')
      .then(() => page.selectOption('#export-form', 'raw'))
      .then(() => page.click('[data-format="txt"]')),
  ]);
  t.match(readFileSync(await download.path(), 'utf8'), /The wether\./);
  await page.context().close();
  await keeping.close();
});

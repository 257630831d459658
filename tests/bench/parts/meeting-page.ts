// How a two-hour meeting feels: frames while scrolling its sentences, memory of the page, and the time a new one takes.
import type { Browser, CDPSession, Page } from 'playwright-core';
import { openBrowser } from '../../support/browser.ts';
import { JFK, openMeetingPage, stateIs, WEB } from '../../support/meeting-page.ts';
import { randomFrom } from '../../support/random.ts';
import { openScriptedServer } from '../../support/scripted-server.ts';
import { machine, quantile, readArgs, table } from '../report.ts';

const HEAD = ['page', 'sentences', 'open ms', 'frame p50 ms', 'p95', 'late %', 'heap MB', 'nodes'];
const ADD_HEAD = ['page', 'sentences', 'added', 'event to text p50 ms', 'p95', 'longest'];
/** A frame that took longer than this came late: sixty a second are 16.7 ms each. */
const LATE_MS = 20;
const EVERY_MS = 3_600;

/** What the batches are for: the same page, all of it laid out. */
const CONTROL = '.batch { content-visibility: visible !important }';

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, { sentences: '100,2000,8000', seconds: '8' });
  console.log(`${machine()}; scrolled from end to end in ${options['seconds']} s, headless Chromium`);
  // No two sentences alike: what repeats itself is taken for a loop.
  const words = invented(40)
    .join(' ')
    .split(' ')
    .map((text, i) => ({ text, from: 0.2 + i * 0.15, to: 0.3 + i * 0.15 }));
  const server = await openScriptedServer(words, 8, { web: WEB });
  const browser = await openBrowser(JFK);
  const rows: (string | number)[][] = [HEAD];
  const added: (string | number)[][] = [ADD_HEAD];
  for (const sentences of options['sentences']!.split(',').map(Number)) {
    for (const kind of ['as it is', 'control: all laid out']) {
      const measured = await measure(browser, {
        url: server.url,
        kind,
        sentences,
        seconds: Number(options['seconds']),
      });
      rows.push(measured.scrolled);
      added.push(measured.added);
    }
  }
  console.log(`${table(rows)}\n\nsentences that come while it is open:\n${table(added)}`);
  await browser.close();
  await server.close();
}

interface Case {
  readonly url: string;
  readonly kind: string;
  readonly sentences: number;
  readonly seconds: number;
}

async function measure(browser: Browser, { url, kind, sentences, seconds }: Case) {
  const page = await openMeetingPage(browser, url);
  await page.evaluate(fill, { name: 'bench', sentences: invented(sentences), everyMs: EVERY_MS });
  // The loader gives functions their names by a function that the page does not have.
  await page.addInitScript('globalThis.__name = (made) => made');
  await page.addInitScript(watchEvents);
  await page.goto('about:blank');
  const from = performance.now();
  await page.goto(`${url}/meeting#bench`);
  if (kind !== 'as it is') await page.addStyleTag({ content: CONTROL }).catch(() => laidOut(page));
  await page.waitForFunction((count) => document.querySelectorAll('#log .said').length === count, sentences);
  const openMs = performance.now() - from;
  const frames = await page.evaluate(scroll, seconds);
  const { JSHeapUsedSize, Nodes } = await metricsOf(page);
  const late = (frames.filter((ms) => ms > LATE_MS).length / frames.length) * 100;
  const times = [0.5, 0.95].map((share) => quantile(frames, share));
  await page.click('#jump').catch(() => {});
  await page.click('#record');
  await stateIs(page, 'Recording');
  await page.waitForTimeout(8_000);
  await page.click('#record');
  await stateIs(page, 'Ready');
  const tookMs = await page.evaluate(() => (window as never as { took: number[] }).took);
  await page.context().close();
  return {
    scrolled: [kind, String(sentences), openMs, ...times, late, JSHeapUsedSize! / 1e6, String(Nodes)],
    added: [
      kind,
      String(sentences),
      String(tookMs.length),
      quantile(tookMs, 0.5),
      quantile(tookMs, 0.95),
      Math.max(...tookMs),
    ],
  };
}

/** The page's policy takes no style from elsewhere; a rule of its own sheet is changed instead. */
const laidOut = (page: Page): Promise<void> =>
  page.evaluate(() => {
    for (const rule of Array.from(document.styleSheets[0]!.cssRules))
      if (rule instanceof CSSStyleRule && rule.selectorText === '.batch')
        rule.style.setProperty('content-visibility', 'visible');
  });

function invented(count: number): string[] {
  const random = randomFrom(1);
  const words = 'we should look at the plan for this week and then ship what is ready on Friday'.split(' ');
  return Array.from({ length: count }, () => {
    const length = 4 + Math.floor(random() * 28);
    return `${Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(' ')}.`;
  });
}

/** In the page: a meeting as the page itself keeps it. */
function fill({ name, sentences, everyMs }: { name: string; sentences: string[]; everyMs: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('sotto-meetings');
    opening.onsuccess = () => {
      const write = opening.result.transaction(['meetings', 'sentences'], 'readwrite');
      const startedAt = new Date().toISOString();
      write.objectStore('meetings').put({
        ...{ id: name, title: 'A long one', startedAt, consentAt: startedAt, speakers: { 0: 'Me', 1: 'Them' } },
        ...{ parts: 1, notes: [], changedMs: 0, unsent: [], count: sentences.length },
      });
      sentences.forEach((text, i) => {
        const channel = Math.floor(i / 3) % 2;
        const times = { fromMs: i * everyMs, toMs: i * everyMs + 3_000 };
        const sentence = {
          meeting: name,
          key: `1.${channel}.${i + 1}`,
          channel,
          text,
          highlight: false,
          language: 'en',
        };
        write.objectStore('sentences').put({ ...sentence, ...times });
      });
      write.oncomplete = () => resolve();
      write.onabort = () => reject(write.error);
    };
  });
}

/** In the page, before its own script: how long a final takes from its event to the frame that shows it. */
function watchEvents(): void {
  const held = window as never as { took: number[] };
  held.took = [];
  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener('message', ({ data }) => {
        if (typeof data !== 'string' || !data.includes('"type":"final"')) return;
        const from = performance.now();
        requestAnimationFrame(() => setTimeout(() => held.took.push(performance.now() - from)));
      });
    }
  };
}

/** In the page: scrolls from the start to the end, a step each frame; gives the time of every frame. */
function scroll(seconds: number): Promise<number[]> {
  const view = document.querySelector('#scroll')!;
  view.scrollTop = 0;
  return new Promise((resolve) => {
    const frames: number[] = [];
    let last = 0;
    let first = 0;
    const step = (now: number): void => {
      if (last > 0) frames.push(now - last);
      else first = now;
      last = now;
      view.scrollTop = ((now - first) / (seconds * 1_000)) * (view.scrollHeight - view.clientHeight);
      if (now - first < seconds * 1_000) requestAnimationFrame(step);
      else resolve(frames);
    };
    requestAnimationFrame(step);
  });
}

/** What the browser counts of a page, by its names; seconds and bytes. */
async function metricsOf(page: Page): Promise<Readonly<Record<string, number>>> {
  const devtools: CDPSession = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.collectGarbage');
  await devtools.send('Performance.enable');
  const { metrics } = await devtools.send('Performance.getMetrics');
  await devtools.detach();
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

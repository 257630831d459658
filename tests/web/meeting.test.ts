import type { Browser, Page } from 'playwright-core';
import t from 'tap';
import { violations } from '../support/axe.ts';
import { openBrowser } from '../support/browser.ts';
import {
  errors,
  JFK,
  openMeetingPage,
  settled,
  showsSentences,
  startMeeting,
  stateIs,
  WEB,
  WORDS,
} from '../support/meeting-page.ts';
import { openScriptedServer, type ScriptedServer } from '../support/scripted-server.ts';
import { staysTrue, until, untilSettled } from '../support/until.ts';

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

const rows = (page: Page): Promise<string[]> => page.locator('#log .sentence .sentence-text').allTextContents();

interface Shifts {
  /** 0 is not at all. */
  readonly distance: number;
  /** How far each time, and what. */
  readonly steps: readonly string[];
}

/**
 * How far anything but the conversation moved while it was watched. What the page is still drawing when it begins does not count: on
 * a busy machine the frame that closes a dialog comes late.
 */
async function watchShifts(page: Page): Promise<() => Promise<Shifts>> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 3; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
  });
  await page.evaluate(() => {
    const shifts = { distance: 0, steps: [] as string[] };
    (window as never as { shifts: Shifts }).shifts = shifts;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as never as { value: number; sources: { node: Node | null }[] }[]) {
        const scroll = document.querySelector('#scroll')!;
        const moved = entry.sources.filter(({ node }) => node !== null && !scroll.contains(node));
        if (moved.length === 0) continue;
        shifts.distance += entry.value;
        shifts.steps.push(`${entry.value} ${moved.map(({ node }) => (node as Element).id || node!.nodeName)}`);
      }
    }).observe({ type: 'layout-shift' });
  });
  return () => page.evaluate(() => (window as never as { shifts: Shifts }).shifts);
}

t.test('a meeting: consent once, two voices as two channels, notes, highlights, pause, end', async (t) => {
  const page = await openMeetingPage(browser, server.url);
  const frames: Buffer[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => typeof payload !== 'string' && frames.push(payload)),
  );
  await page.click('#new');
  await page.click('#source-them');
  await page.click('#record');
  await page.click('#consent button[value="no"]');
  await stateIs(page, 'Ready');
  t.pass('without consent nothing begins');
  const moved = await watchShifts(page);
  await page.click('#record');
  await page.click('#consent-yes');
  await stateIs(page, 'Recording');
  await page.waitForSelector('#open .tentative');
  await page.waitForSelector('#log .sentence[data-side="me"]');
  await page.waitForSelector('#log .sentence[data-side="them"]');
  t.match(await page.title(), /^● Recording/);
  await page.keyboard.press('n');
  await page.keyboard.type('ask about **Friday**');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Alt+h');
  t.equal(await page.locator('#log mark').count(), 1, 'highlighted while a note has the focus');
  await page.waitForSelector('.note-marker');
  // A note belongs to what is said while it is written: its sentence may still change.
  await until(
    async () => {
      await page.click('.note-item .time-button');
      const focused = await page.evaluate(() => (document.activeElement as HTMLElement).dataset['key']);
      return focused !== undefined && focused === (await page.getAttribute('.sentence:has(.note-marker)', 'data-key'));
    },
    { what: 'a note leads to what was said' },
  );
  await page.click('.note-marker');
  t.equal(await page.evaluate(() => document.activeElement?.closest('.note-item') !== null), true, 'and back');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Space');
  await stateIs(page, 'Paused');
  const sent = frames.length;
  await staysTrue(() => frames.length === sent, 300);
  await page.keyboard.press('Space');
  await stateIs(page, 'Recording');
  const { distance, steps } = await moved();
  t.ok(distance < 0.01, `nothing beside the conversation moved: ${steps}`);
  await page.keyboard.press('Alt+r');
  await stateIs(page, 'Ready');
  const loud = [0, 0];
  for (const frame of frames) {
    for (let at = 0; at + 3 < frame.length; at += 4)
      for (const channel of [0, 1])
        loud[channel] = Math.max(loud[channel]!, Math.abs(frame.readInt16LE(at + channel * 2)));
  }
  t.ok(loud[0]! > 3_000 && loud[1]! > 3_000, `both voices were sent, each on its own channel: ${loud}`);
  await page.keyboard.press('Alt+r');
  await stateIs(page, 'Recording');
  t.notOk(await page.locator('#consent').isVisible(), 'consent is asked for once in a meeting');
  await page.click('#record');
  await stateIs(page, 'Ready');
  await page.context().close();
});

t.test('a reload in mid-meeting goes on in the same session and loses no word', async (t) => {
  const page = await openMeetingPage(browser, server.url);
  const opened: string[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => typeof payload === 'string' && opened.push(payload)),
  );
  await startMeeting(page, 'me');
  await showsSentences(page, 2);
  const before = await rows(page);
  await page.fill('#note-text', 'kept');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.note-item');
  await page.reload();
  await settled(page);
  await stateIs(page, 'Recording');
  t.match(JSON.parse(opened.filter((text) => text.includes('"start"')).at(-1)!), { resume: {} });
  t.same((await rows(page)).slice(0, before.length), before);
  await page.waitForSelector('.note-item');
  t.equal(await page.locator('.note-item').count(), 1);
  await page.click('#record');
  await stateIs(page, 'Ready');
  const keys = await page
    .locator('#log .sentence')
    .evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset['key']));
  t.equal(new Set(keys).size, keys.length, 'nothing is there twice');
  await page.context().close();
});

t.test('a session that is gone is followed by another one of the same meeting', async (t) => {
  const page = await openMeetingPage(browser, server.url);
  await startMeeting(page, 'me');
  await showsSentences(page, 1);
  await server.registry.drain(Promise.resolve());
  await page.waitForFunction(() => /new session/.test(document.querySelector('#toast')?.textContent ?? ''));
  await stateIs(page, 'Recording');
  await page.waitForSelector('#log .sentence[data-key^="2."]');
  t.ok((await page.locator('#log .sentence[data-key^="1."]').count()) > 0, 'what was said before stays');
  await page.click('#record');
  await stateIs(page, 'Ready');
  await page.context().close();
});

t.test('a share that ends is told and can be added again; the last lines stand in a small window', async (t) => {
  const page = await openMeetingPage(browser, server.url);
  // A headless browser keeps no window on top; the ordinary one takes its place, as in browsers that have no other.
  await page.evaluate(() => Reflect.deleteProperty(window, 'documentPictureInPicture'));
  await startMeeting(page, 'me', 'them');
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.click('#small-window')]);
  await popup.waitForSelector('.line');
  t.match(await popup.locator('.small-window-status').textContent(), /Recording/);
  await popup.close();
  await page.evaluate(() => {
    for (const track of (window as never as { shared: MediaStreamTrack[] }).shared) {
      track.stop();
      track.dispatchEvent(new Event('ended'));
    }
  });
  await page.waitForFunction(() => /no longer shared/.test(document.querySelector('#toast')?.textContent ?? ''));
  t.equal(await page.getAttribute('#source-them', 'aria-pressed'), 'false');
  await page.click('#source-them');
  await page.waitForSelector('#source-them[aria-pressed="true"]');
  t.equal(await page.locator('#state').textContent(), 'Recording');
  await page.evaluate(() => {
    navigator.mediaDevices.getDisplayMedia = async () => document.createElement('canvas').captureStream(1);
  });
  await page.click('#source-them');
  await page.click('#source-them');
  await page.waitForSelector('#message:not([hidden])');
  t.match(await page.locator('#message').textContent(), /has no sound.*Also share tab audio/);
  await page.click('#record');
  await stateIs(page, 'Ready');
  await page.context().close();
});

t.test('a room that everybody left is warned, and the recording ends by itself', async (t) => {
  const page = await openMeetingPage(browser, server.url);
  const leap = (minutes: number): Promise<void> =>
    page.evaluate((by) => {
      const now = performance.now.bind(performance);
      performance.now = () => now() + by * 60_000;
    }, minutes);
  await page.evaluate(() => localStorage.setItem('sotto.meeting.silence', '5'));
  await page.reload();
  await settled(page);
  await startMeeting(page, 'me');
  await page.keyboard.press('m');
  // On a busy machine words still come for what was said before: they would count as activity after the leap.
  await untilSettled(() => page.locator('#log, #open').allTextContents().then(String), 3_000);
  await page.waitForFunction(() => document.querySelector('#open')?.textContent === '');
  await leap(4.5);
  await page.waitForSelector('#warning:not([hidden])');
  await page.click('#keep-recording');
  t.equal(await page.locator('#warning').isVisible(), false);
  await leap(5);
  await stateIs(page, 'Ready');
  t.match(await page.locator('#toast').textContent(), /Nobody spoke for a while/);
  await page.context().close();
});

t.test('no accessibility violation in the list, a meeting, its dialogs, light or dark, at 200 % zoom', async (t) => {
  const page = await openMeetingPage(browser, server.url);
  t.same(await violations(page), [], 'the list');
  await startMeeting(page, 'me', 'them');
  await showsSentences(page, 2);
  await page.keyboard.press('n');
  await page.keyboard.type('a note');
  await page.keyboard.press('Enter');
  await page.click('#record');
  await stateIs(page, 'Ready');
  t.same(await violations(page), [], 'the meeting');
  await page.emulateMedia({ colorScheme: 'dark' });
  t.same(await violations(page), [], 'in the dark');
  await page.click('#tab-summary');
  await page.click('#settings summary');
  t.match(await page.locator('#summary-hint').textContent(), /--assistant-url/);
  t.same(await violations(page), [], 'summary and settings');
  await page.keyboard.press('Escape');
  await page.click('#help');
  t.same(await violations(page), [], 'help');
  await page.keyboard.press('Escape');
  // 200 % of 1280 × 820.
  await page.setViewportSize({ width: 640, height: 410 });
  t.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing is cut off');
  await page.setViewportSize({ width: 360, height: 720 });
  t.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nor on a phone');
  await page.context().close();
});

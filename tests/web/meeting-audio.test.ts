import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import t from 'tap';
import type { Rehearing } from '../../client/sdk/index.ts';
import { violations } from '../support/axe.ts';
import { openBrowser } from '../support/browser.ts';
import { decodeAudio } from '../support/decode-audio.ts';
import { errors, JFK, openMeetingPage, settled, startMeeting, stateIs, WEB, WORDS } from '../support/meeting-page.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';
import { openScriptedServer, type ScriptedServer } from '../support/scripted-server.ts';
import { openAudioStore, type StoredMeeting, storeMeeting } from '../support/stored-audio.ts';
import { until } from '../support/until.ts';

const INFO = { keeps: true, keepsAudio: true, model: 'base' };

let server: ScriptedServer;
let browser: Browser;
let kept: Awaited<ReturnType<typeof openAudioStore>>;
let meeting: StoredMeeting;
t.before(async () => {
  kept = await openAudioStore();
  meeting = await storeMeeting(kept.store);
  const { recorder } = memoryRecorder({ store: kept.store, keepsAudio: true });
  server = await openScriptedServer(WORDS, 8, { web: WEB, recorder });
  browser = await openBrowser(JFK);
});
t.teardown(async () => {
  await browser?.close();
  await server?.close();
  await kept?.close();
});
t.afterEach(() => {
  t.same(errors.splice(0), [], 'no page threw an error');
});

/** The stored meeting on a page that collects its `<audio>` elements. */
async function openStored(info: object = INFO, dark = false): Promise<Page> {
  const page = await openMeetingPage(browser, server.url, { info, dark });
  await page.addInitScript(() => {
    const found: HTMLAudioElement[] = [];
    (window as never as { audio: HTMLAudioElement[] }).audio = found;
    window.Audio = class extends window.Audio {
      constructor() {
        super();
        found.push(this);
      }
    } as never;
  });
  await page.goto(`${server.url}/meeting#${meeting.id}`);
  await page.reload();
  await page.waitForSelector('#player:not([hidden])');
  return page;
}

const positionMs = async (page: Page): Promise<number> => Number(await page.inputValue('#player-position'));
const playedKey = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => document.querySelector<HTMLElement>('.sentence[aria-current="true"]')?.dataset['key']);
const isPlaying = (page: Page): Promise<boolean> =>
  page.evaluate(() => (window as never as { audio: HTMLAudioElement[] }).audio.some(({ paused }) => !paused));
const plays = (page: Page): Promise<void> => until(() => isPlaying(page), { what: 'it plays' });
const rests = (page: Page): Promise<void> => until(async () => !(await isPlaying(page)), { what: 'it rests' });

t.test('a stored meeting is played from the keyboard: place, speed, voices, both sessions', async (t) => {
  const page = await openStored();
  t.match(await page.locator('#audio-note').textContent(), /kept on the server: 0:22, about 0\.1 MB/);
  t.match(await page.locator('#player-time').textContent(), '0:00 / 0:22');
  await page.keyboard.press('Space');
  await plays(page);
  t.equal(await page.locator('#player-play').textContent(), 'Pause');
  await until(async () => (await playedKey(page)) === '1.1.1', { what: 'the second sentence is marked' });
  await page.keyboard.press('Space');
  await rests(page);
  const at = await positionMs(page);
  await page.keyboard.press('ArrowRight');
  t.equal(Math.round((await positionMs(page)) / 100), Math.round((at + 5_000) / 100));
  await page.keyboard.press('ArrowLeft');
  t.equal(Math.round((await positionMs(page)) / 100), Math.round(at / 100));
  await page.focus('#player-position');
  await page.keyboard.press('ArrowRight');
  t.equal(Math.round((await positionMs(page)) / 100), Math.round((at + 5_000) / 100), 'on the slider, too, once');
  await page.selectOption('#player-speed', '2');
  await page.selectOption('#player-voice', { label: 'Them' });
  const elements = await page.evaluate(() =>
    (window as never as { audio: HTMLAudioElement[] }).audio.map(({ playbackRate, muted, currentTime }) => ({
      ...{ playbackRate, muted, currentTime },
    })),
  );
  t.match(elements, [
    { playbackRate: 2, muted: true },
    { playbackRate: 2, muted: false },
  ]);
  t.equal(elements[0]!.currentTime, elements[1]!.currentTime, 'both voices are at the same place');
  // The end of the first session: the second one follows by itself.
  await page.evaluate(() => {
    const slider = document.querySelector<HTMLInputElement>('#player-position')!;
    slider.value = '10500';
    slider.dispatchEvent(new Event('input'));
  });
  await page.keyboard.press('Space');
  await until(async () => /^2\.1\./.test((await playedKey(page)) ?? ''), { what: 'the second session' });
  await until(async () => (await positionMs(page)) >= 2 * meeting.partMs && !(await isPlaying(page)), {
    what: 'the end',
  });
  t.equal(await page.locator('#player-play').textContent(), 'Play');
  await page.context().close();
});

t.test('the time of a sentence plays it; the mark is followed, but a reader elsewhere is left alone', async (t) => {
  const page = await openStored();
  await page.locator('.sentence[data-key="1.0.3"] .sentence-time').click();
  await plays(page);
  t.equal(await playedKey(page), '1.0.3');
  const top = (): Promise<number> => page.locator('#scroll').evaluate(({ scrollTop }) => scrollTop);
  const inView = (key: string): Promise<boolean> =>
    page.evaluate((of) => {
      const frame = document.querySelector('#scroll')!.getBoundingClientRect();
      const row = document.querySelector(`[data-key="${of}"]`)!.getBoundingClientRect();
      return row.top >= frame.top - 1 && row.bottom <= frame.bottom + 1;
    }, key);
  await page.locator('.sentence[data-key="1.1.10"]').focus();
  await page.keyboard.press('p');
  await until(async () => (await playedKey(page)) === '1.0.11', { what: 'the next sentence' });
  t.equal(await inView('1.0.11'), true, 'what is heard comes into view');
  await page.locator('#scroll').evaluate((scroll) => {
    scroll.scrollTop = scroll.scrollHeight;
  });
  await page.locator('.sentence[data-key="2.1.10"]').focus();
  const there = await top();
  await until(async () => /^2\.1\.1/.test((await playedKey(page)) ?? ''), { what: 'sentences later' });
  t.equal(await top(), there);
  t.equal(await inView('2.1.1'), false);
  await page.keyboard.press('/');
  await page.waitForSelector('body[data-view="home"]');
  await rests(page);
  await page.context().close();
});

t.test('the audio of selected sentences is saved as a file for each voice, as long as they are', async (t) => {
  const page = await openStored();
  await page.locator('.sentence[data-key="1.1.2"]').focus();
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
  t.equal(download.suggestedFilename(), 'Weekly 0.01 Them.opus');
  const one = decodeAudio(readFileSync(await download.path()));
  t.equal(one.channelData[0]!.length, 900 * 48, '400 ms, and 250 ms on each side');
  t.ok(
    one.channelData[0]!.subarray(4_800, 16_000).some((sample) => sample > 0.1),
    'with the tone in it',
  );
  await page.evaluate(() => {
    const [first, last] = ['1.0.2', '1.0.4'].map(
      (key) => document.querySelector(`[data-key="${key}"] .sentence-text`)!,
    );
    getSelection()!.setBaseAndExtent(first!, 0, last!, 1);
  });
  const files: string[] = [];
  const lengths: number[] = [];
  page.on('download', async (file) => {
    files.push(file.suggestedFilename());
    lengths.push(decodeAudio(readFileSync(await file.path())).channelData[0]!.length / 48);
  });
  await page.click('#player-clip');
  await until(() => lengths.length === 2, { what: 'two files' });
  t.same(files.sort(), ['Weekly 0.00 Me.opus', 'Weekly 0.00 Them.opus']);
  t.same(lengths, [2_900, 2_900]);
  await page.context().close();
});

t.test('audio is kept only where the user asks for it; the choice is remembered, and consent names it', async (t) => {
  const page = await openMeetingPage(browser, server.url, { info: INFO });
  const starts: { keep?: object }[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      if (typeof payload === 'string' && payload.includes('"start"')) starts.push(JSON.parse(payload));
    }),
  );
  await startMeeting(page, 'me');
  await page.click('#record');
  await stateIs(page, 'Ready');
  t.notOk('audio' in starts[0]!.keep!);
  t.match(await page.locator('#audio-note').textContent(), /No audio of this meeting is kept.*“Keep the audio”/);
  await page.click('#settings summary');
  t.equal(await page.isChecked('#keep-audio'), false, 'off unless it is wanted');
  t.match(
    await page.locator('#keep-audio-note').textContent(),
    /stored on this server and deleted with the transcript/,
  );
  await page.check('#keep-audio');
  t.same(await violations(page), []);
  await page.reload();
  await settled(page);
  t.equal(await page.isChecked('#keep-audio'), true);
  await page.goto(`${server.url}/meeting#`);
  await page.click('#new');
  await page.waitForSelector('#record:enabled');
  await page.click('#source-them');
  await page.click('#record');
  t.match(
    await page.locator('#consent').textContent(),
    /audio will be kept.*deleted with the transcript.*its audio kept/s,
  );
  t.same(await violations(page), [], 'the question');
  await page.click('#consent-yes');
  await stateIs(page, 'Recording');
  t.match(starts[1], { keep: { audio: true } });
  t.equal(await page.locator('#storage').textContent(), 'Saved on the server, with audio');
  await page.waitForSelector('#log .sentence');
  await page.click('#record');
  await stateIs(page, 'Ready');
  await page.waitForSelector('#player-controls:not([hidden])');
  await page.click('#player-play');
  await until(async () => (await positionMs(page)) > 200, { what: 'what was recorded is played' });
  await page.context().close();
});

t.test('a server that keeps no audio says so, and one that keeps nothing does not offer it', async (t) => {
  const without = await openMeetingPage(browser, server.url, { info: { ...INFO, keepsAudio: false } });
  await without.click('#new');
  await without.click('#settings summary');
  t.equal(await without.isDisabled('#keep-audio'), true);
  t.match(await without.locator('#keep-audio-note').textContent(), /--keep-audio/);
  await without.context().close();
  const nothing = await openMeetingPage(browser, server.url, { info: { keeps: false, keepsAudio: false } });
  await nothing.click('#new');
  await nothing.click('#settings summary');
  t.equal(await nothing.isVisible('#keep-audio'), false);
  await nothing.context().close();
});

t.test(
  'a meeting is transcribed again: model, progress, stop, result, and its sentences change in place',
  async (t) => {
    const page = await openStored();
    let job: Rehearing | undefined;
    const asked: string[] = [];
    await page.route('**/v1/transcripts/*/rehear', async (route) => {
      const method = route.request().method();
      if (method !== 'GET') asked.push(`${method} ${route.request().postData() ?? ''}`);
      if (method === 'POST') {
        const { model = 'base' } = route.request().postDataJSON() as { model?: string };
        job = { id: meeting.id, state: 'waiting', model, doneMs: 0, totalMs: 20_000, revised: 0 };
        return route.fulfill({ status: 202, json: job });
      }
      if (method === 'DELETE') job = { ...job!, state: 'stopped' };
      return job === undefined
        ? route.fulfill({ status: 404, json: { type: 'fault', code: 'rehear.unknown', text: 'None.' } })
        : route.fulfill({ json: job });
    });
    const status = (text: RegExp): Promise<void> =>
      until(async () => text.test((await page.locator('#rehear-status').textContent()) ?? ''), { what: String(text) });
    t.same(await page.locator('#rehear-models option').allTextContents(), ['base']);
    await page.click('#rehear-start');
    await status(/^Waiting until the server has time/);
    t.equal(await page.evaluate(() => document.activeElement?.id), 'rehear-stop', 'the keyboard can stop it');
    job = { ...job!, state: 'running', doneMs: 9_000 };
    await status(/^45 % transcribed again with base/);
    t.equal(await page.locator('#rehear-progress').evaluate((bar) => (bar as HTMLProgressElement).position), 0.45);
    t.same(await violations(page), [], 'while it runs');
    await page.click('#rehear-stop');
    await status(/^Stopped\. No sentence was revised before that/);
    await page.fill('#rehear-model', 'base');
    await page.click('#rehear-start');
    await status(/^Waiting/);
    t.same(asked, ['POST {}', 'DELETE ', 'POST {"model":"base"}']);
    const place = { transcript: meeting.id, part: 1, atMs: 0 };
    await kept.store.add(place, [{ kind: 'revised', channel: 0, sentence: 1, text: 'Revised words.', words: [] }]);
    const scrolled = await page.locator('#scroll').evaluate(({ scrollTop }) => scrollTop);
    job = { ...job, state: 'done', doneMs: 20_000, revised: 1 };
    await status(/^1 sentence was revised with base/);
    await until(
      async () => (await page.locator('[data-key="1.0.1"] .sentence-text').textContent()) === 'Revised words.',
    );
    const now = await page.locator('#scroll').evaluate(({ scrollTop }) => scrollTop);
    t.ok(Math.abs(now - scrolled) <= 2, `the reader stays: ${scrolled}, ${now}`);
    await page.locator('[data-key="1.0.1"] .hearing-mark').click();
    t.match(await page.locator('[data-key="1.0.1"] .sentence-text').textContent(), /^Sentence 1 of/);
    await page.context().close();
  },
);

t.test('without a focused sentence, O shows the first version of all, and says how to return', async (t) => {
  const page = await openStored();
  const place = { transcript: meeting.id, part: 2, atMs: meeting.partMs };
  await kept.store.add(place, [{ kind: 'cleaned', channel: 0, sentence: 2, text: 'Cleaned.' }]);
  await page.reload();
  const text = page.locator('[data-key="2.0.2"] .sentence-text');
  await text.waitFor();
  t.equal(await text.textContent(), 'Cleaned.');
  await page.keyboard.press('o');
  t.match(await text.textContent(), /^Sentence 3 of session 2/);
  t.match(await page.locator('#toast').textContent(), /first version; \d differ. Press O to return/);
  await page.keyboard.press('o');
  t.equal(await text.textContent(), 'Cleaned.');
  await page.locator('[data-key="2.0.2"]').focus();
  await page.keyboard.press('o');
  t.match(await text.textContent(), /^Sentence 3 of session 2/, 'of the focused sentence alone');
  await page.context().close();
});

t.test('no accessibility violation with the player, light, dark and on a phone; everything has a place', async (t) => {
  for (const dark of [false, true]) {
    const page = await openStored(INFO, dark);
    await page.locator('.sentence[data-key="1.0.2"]').focus();
    await page.keyboard.press('p');
    await until(async () => (await playedKey(page)) !== undefined);
    t.same(await violations(page), [], dark ? 'dark' : 'light');
    await page.setViewportSize({ width: 360, height: 720 });
    t.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'on a phone');
    await page.context().close();
  }
});

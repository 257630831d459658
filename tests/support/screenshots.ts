import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { openBrowser, shows as showsWithin } from './browser.ts';
import { openDesktop, openTextField } from './desktop.ts';
import { Dictating } from './dictating.ts';
import { FakeRoom, Voice } from './fake-room.ts';
import { openMeetingPage, startMeeting, stateIs } from './meeting-page.ts';
import { openServer } from './server.ts';
import { until } from './until.ts';
import { wavOf } from './wav-of.ts';

/**
 * Takes the pictures of the pages anew, after `npm run build`: `npx tsx tests/support/screenshots.ts [NAME …]`, the names
 * being those of `SHOTS`. Meetings are spoken by two voices of `flite` (apt install flite), each into its own channel.
 */
const SHOTS: Readonly<Record<string, () => Promise<void>>> = { page, meeting, captions, settings, dictation };

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sotto-pictures-'));
const SILENCE = new Int16Array(16_000 * 0.6);
const TALK: readonly (readonly ['me' | 'them', string])[] = [
  ['them', 'Good morning. The first open point is the date of the release.'],
  ['me', 'We are two days behind with the documentation. Everything else is ready and tested.'],
  ['them', 'Then I would rather move it to Friday than ship half of it.'],
  ['me', 'Friday is fine with me.'],
  ['them', 'Good. Now the release notes. Somebody has to write them.'],
  ['me', 'I can do that by Thursday noon.'],
  ['them', 'Second point, the reports from the test group. They are about the settings page on small screens.'],
  ['me', 'I have put them into the list of open points, and we will look at them this week.'],
];

function spoken(text: string, voice: string): Int16Array {
  const path = join(folder, 'said.wav');
  execFileSync('flite', ['-voice', voice, '-t', text, '-o', path]);
  const bytes = readFileSync(path);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
}

/** Both voices on one time line; each is silent while the other speaks. */
function talk(): { readonly me: Int16Array; readonly them: Int16Array } {
  const parts: { readonly me: Int16Array[]; readonly them: Int16Array[] } = { me: [], them: [] };
  for (const [who, text] of TALK) {
    const speech = spoken(text, who === 'me' ? 'slt' : 'rms');
    parts[who].push(speech, SILENCE);
    parts[who === 'me' ? 'them' : 'me'].push(new Int16Array(speech.length), SILENCE);
  }
  const whole = (pieces: readonly Int16Array[]): Int16Array => Int16Array.from(pieces.flatMap((piece) => [...piece]));
  return { me: whole(parts.me), them: whole(parts.them) };
}

const shows = (at: Page, selector: string, text: string): Promise<unknown> => showsWithin(at, selector, text, 60_000);

/** The first page while somebody dictates. */
async function page(): Promise<void> {
  const server = await openServer('--model', 'base', '--keep', 'off');
  const browser = await openBrowser(root('tests/fixtures/speech/long_2_dictation_fillers.wav'));
  const context = await browser.newContext({
    ...{ permissions: ['microphone'], viewport: { width: 1_100, height: 760 }, deviceScaleFactor: 1.5 },
  });
  const shown = await context.newPage();
  await shown.goto(server.url);
  await shown.click('#record:enabled');
  await shows(shown, '#open', 'people there said');
  await shown.screenshot({ path: root('client/web/live/screenshot.png') });
  await browser.close();
  await server.close();
}

async function meeting(): Promise<void> {
  const { me, them } = talk();
  const path = join(folder, 'me.wav');
  writeFileSync(path, wavOf(me));
  const server = await openServer('--model', 'base', '--keep', 'off');
  for (const name of ['meeting', 'meeting-dark']) {
    const browser = await openBrowser(path);
    const size = { width: 1_180, height: 760 };
    const shown = await openMeetingPage(browser, server.url, { dark: name === 'meeting-dark', size });
    await share(shown, wavOf(them));
    await startMeeting(shown, 'me', 'them');
    await spokenIn(shown);
    await shown.screenshot({ path: root(`client/docs/${name}.png`) });
    await shown.click('#record');
    await stateIs(shown, 'Ready');
    console.log(`${name}:\n  ${(await shown.locator('#log .sentence').allTextContents()).join('\n  ')}`);
    await browser.close();
  }
  await server.close();
}

/** What the person at the page does meanwhile. */
async function spokenIn(shown: Page): Promise<void> {
  const note = async (text: string): Promise<void> => {
    await shown.fill('#note-text', text);
    await shown.press('#note-text', 'Enter');
  };
  await shows(shown, '#log', 'documentation');
  await note('**Documentation** is two days late');
  await shown.fill('#title', 'Release planning');
  await shown.press('#title', 'Enter');
  await shows(shown, '#log', 'half of it');
  await shown.click('#highlight');
  await shows(shown, '#log', 'Thursday');
  await note('- release notes: me, *Thursday*');
  await shown.click('#log .speaker-name:text-is("Them")');
  await shown.fill('#rename-text', 'Jonas');
  await shown.press('#rename-text', 'Enter');
  await shown.mouse.move(0, 0);
  await shows(shown, '#open', 'into the list');
  await shown.evaluate(() => (document.activeElement as HTMLElement).blur());
}

/** What a shared tab would bring along: a headless browser shares none with its sound. */
async function share(shown: Page, wav: Buffer): Promise<void> {
  await shown.evaluate((text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    navigator.mediaDevices.getDisplayMedia = async () => {
      const context = new AudioContext();
      const source = new AudioBufferSourceNode(context, { buffer: await context.decodeAudioData(bytes.buffer) });
      const out = context.createMediaStreamDestination();
      source.connect(out);
      source.start();
      const picture = document.createElement('canvas').captureStream(1).getVideoTracks();
      return new MediaStream([...picture, ...out.stream.getAudioTracks()]);
    };
  }, wav.toString('base64'));
}

async function captions(): Promise<void> {
  const room = await new FakeRoom().open();
  const browser = await openBrowser(root('tests/fixtures/speech/jfk.wav'));
  const viewport = { width: 390, height: 640 };
  const context = await browser.newContext({ viewport, deviceScaleFactor: 1.5, locale: 'en-GB' });
  const shown = await context.newPage();
  await shown.goto(`${room.url}/captions?room=hall`);
  await until(() => room.viewers > 0);
  room.say({ type: 'room', state: 'live', sessions: ['s1', 's2'] });
  const voice = new Voice(room)
    .final('Good evening, and welcome to the old town hall, ladies and gentlemen.')
    .final('We have three speakers tonight, and the first of them came by bicycle.');
  new Voice(room, 's1', 1).final('Thank you. I was glad of the tailwind.');
  voice.partial('And now, without ', 'further ado');
  await shows(shown, '#open', 'further ado');
  await shown.screenshot({ path: root('client/web/captions/captions.png') });
  await browser.close();
  await room.close();
}

/** The settings of the overlay; what stands in them is the page's own sample. */
async function settings(): Promise<void> {
  const room = await new FakeRoom().open();
  const browser = await openBrowser(root('tests/fixtures/speech/jfk.wav'));
  const context = await browser.newContext({ viewport: { width: 1_180, height: 600 }, locale: 'en-GB' });
  const shown = await context.newPage();
  await shown.goto(`${room.url}/overlay/settings?room=hall&theme=yellow`);
  await shows(shown, '.captions-rows', 'stays');
  await shown.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
  await shown.screenshot({ path: root('client/web/overlay-settings/overlay-settings.png') });
  await browser.close();
  await room.close();
}

/** A letter that is dictated with the real program into the field of another, on an X server in memory. */
async function dictation(): Promise<void> {
  const server = await openServer('--model', 'base', '--keep', 'off');
  {
    await using desktop = await openDesktop();
    await using field = await openTextField(desktop);
    await using dictating = new Dictating({ DISPLAY: desktop.display });
    await field.page.evaluate((style) => {
      document.body.insertAdjacentHTML('afterbegin', '<p><b>To</b> Anna</p><p><b>Subject</b> The visit</p>');
      const field = document.querySelector('textarea')!;
      field.setAttribute('style', style);
      field.value = 'Dear Anna,\n\n';
      document.body.setAttribute('style', 'margin:24px 32px;font:17px/1.5 sans-serif;color:#222');
      field.focus();
    }, 'box-sizing:border-box;width:100%;height:250px;padding:14px;border:1px solid #bbb;font:inherit;resize:none');
    const source = root('tests/fixtures/speech/long_2_dictation_fillers.wav');
    await dictating.start('--server', server.url, '--source', source);
    await dictating.ask({ verb: 'begin' });
    await field.page.waitForFunction(
      () => document.querySelector('textarea')!.value.includes('whole room'),
      undefined,
      { timeout: 60_000 },
    );
    await field.page.screenshot({
      path: root('client/docs/dictate.png'),
      clip: { x: 0, y: 0, width: 1_280, height: 380 },
    });
    console.log(`dictation:\n${await field.text()}`);
  }
  await server.close();
}

const wanted = process.argv.slice(2);
for (const [name, take] of Object.entries(SHOTS)) if (wanted.length === 0 || wanted.includes(name)) await take();
rmSync(folder, { recursive: true });

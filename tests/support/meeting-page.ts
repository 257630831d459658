import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';

/** Where `npm run build` puts the pages. */
export const WEB = fileURLToPath(new URL('../../dist/client/web', import.meta.url));
export const JFK = fileURLToPath(new URL('../fixtures/speech/jfk.wav', import.meta.url));

/**
 * Stands in for `getDisplayMedia`: a headless browser shares a tab, but without its sound. The stream has a picture and a
 * tone that is on and off in turn; `window.shared` holds its tracks.
 */
function stubShare(): void {
  navigator.mediaDevices.getDisplayMedia = async () => {
    const context = new AudioContext();
    const tone = new OscillatorNode(context, { frequency: 300 });
    const gain = new GainNode(context, { gain: 0.5 });
    const out = context.createMediaStreamDestination();
    tone.connect(gain).connect(out);
    tone.start();
    const now = context.currentTime;
    for (let second = 0; second < 60; second += 2) {
      gain.gain.setValueAtTime(0.5, now + second);
      gain.gain.setValueAtTime(0, now + second + 1.2);
    }
    const picture = document.createElement('canvas').captureStream(1).getVideoTracks();
    const tracks = [...picture, ...out.stream.getAudioTracks()];
    (window as never as { shared: MediaStreamTrack[] }).shared = tracks;
    return new MediaStream(tracks);
  };
}

const TEXT =
  'Good morning everybody. Shall we begin? Yes let us look at the plan. I think we can ship on Friday. Who writes the notes? I will do it today. Thank you all.';

/** Twice as fast as anybody speaks, so that the tests wait less. */
export const WORDS = TEXT.split(' ').map((text, i) => ({ text, from: 0.2 + i * 0.15, to: 0.32 + i * 0.15 }));

/** Errors that pages threw; must stay empty. */
export const errors: string[] = [];

export interface PageOptions {
  readonly dark?: boolean;
  readonly size?: { readonly width: number; readonly height: number };
  /** What `/v1/info` says beside what the server says. */
  readonly info?: object;
}

/** The meeting page in a browser of its own memory. */
export async function openMeetingPage(browser: Browser, url: string, options: PageOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    permissions: ['microphone', 'clipboard-read', 'clipboard-write'],
    colorScheme: options.dark === true ? 'dark' : 'light',
    viewport: options.size ?? { width: 1_280, height: 820 },
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.addInitScript(stubShare);
  if (options.info !== undefined) {
    await page.route('**/v1/info', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...(await answer.json()), ...options.info } });
    });
  }
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  await page.goto(`${url}/meeting`);
  await settled(page);
  return page;
}

/** The page has read what it keeps and shows the list or a meeting. */
export const settled = (page: Page): Promise<unknown> => page.waitForSelector('body:not([data-view="loading"])');

export const stateIs = (page: Page, text: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.querySelector('#state')?.textContent === wanted, text);

/** The page shows at least so many finished sentences. */
export const showsSentences = (page: Page, count: number): Promise<unknown> =>
  page.waitForFunction((least) => document.querySelectorAll('#log .sentence').length >= least, count);

/** New meeting, everybody agrees, recording. */
export async function startMeeting(page: Page, ...sources: ('me' | 'them')[]): Promise<void> {
  await page.click('#new');
  await page.waitForSelector('#record:enabled');
  for (const side of ['me', 'them'] as const) {
    const on = (await page.getAttribute(`#source-${side}`, 'aria-pressed')) === 'true';
    if (on !== sources.includes(side)) await page.click(`#source-${side}`);
  }
  await page.click('#record');
  await page.click('#consent-yes');
  await stateIs(page, 'Recording');
}

import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where Chromium lies, if it is there. */
export const CHROMIUM = PLACES.find((path) => existsSync(path));

/** Headless Chromium whose microphone plays a WAV file once. Fails with what to install when there is none. */
export function openBrowser(wav: string): Promise<Browser> {
  const executablePath = CHROMIUM;
  if (executablePath === undefined)
    throw new Error('Chromium is needed for this test; on Debian: apt install chromium');
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${wav}%noloop`,
      '--autoplay-policy=no-user-gesture-required',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-gpu',
      '--disable-quic',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/** Waits until the element has the text in it, `timeout` ms at most; without, as long as the page waits for anything. */
export const shows = (page: Page, selector: string, text: string, timeout?: number): Promise<unknown> =>
  page.waitForFunction(
    ([selector, text]) => document.querySelector(selector!)?.textContent?.includes(text!),
    [selector, text],
    timeout === undefined ? {} : { timeout },
  );

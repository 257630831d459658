import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { type Browser, chromium, type Page } from 'playwright-core';
import { CHROMIUM } from './browser.ts';

/** An X server in memory, without a window manager. */
export interface Desktop extends AsyncDisposable {
  readonly display: string;
  /** Gives a window the keys. */
  focus(window: string): void;
  focused(): string;
  clipboard(): string;
  copy(text: string): void;
  press(key: string): void;
  type(text: string): void;
  /** Sets the keyboard layout, for as long as a program is connected. */
  setLayout(name: string): void;
}

/** Programs that are missing for a test with a desktop, as one line; undefined when all are there. */
export function missingForDesktop(...more: readonly string[]): string | undefined {
  const missing = ['Xvfb', 'xdotool', 'xclip', ...more].filter(
    (command) => spawnSync('which', [command], { stdio: 'ignore' }).status !== 0,
  );
  if (process.platform !== 'linux') return 'an X server in memory is tried on Linux only';
  return missing.length === 0
    ? undefined
    : `${missing.join(', ')} not found; on Debian: apt install xvfb xdotool xclip xterm x11-xkb-utils x11-xserver-utils`;
}

export async function openDesktop(): Promise<Desktop> {
  const child = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1000x700x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const display = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Xvfb stopped (${code})`)));
    child.stdout.once('data', (chunk) => resolve(`:${String(chunk).trim()}`));
  });
  const env = { ...process.env, DISPLAY: display };
  const run = (command: string, args: readonly string[]): string =>
    String(execFileSync(command, args, { env, stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 })).trim();
  return {
    display,
    focus: (window) => void run('xdotool', ['windowfocus', '--sync', window]),
    focused: () => run('xdotool', ['getwindowfocus']),
    clipboard: () => {
      const { stdout } = spawnSync('xclip', ['-selection', 'clipboard', '-o'], { env, timeout: 5_000 });
      return String(stdout);
    },
    copy: (text) => {
      spawnSync('xclip', ['-selection', 'clipboard', '-in'], { env, input: text, stdio: ['pipe', 'ignore', 'ignore'] });
    },
    press: (key) => void run('xdotool', ['key', key]),
    type: (text) => void run('xdotool', ['type', text]),
    setLayout: (name) => void run('setxkbmap', [name]),
    [Symbol.asyncDispose]: () => ended(child),
  };
}

/** A browser with a text field that has the keys. */
export interface TextField extends AsyncDisposable {
  readonly page: Page;
  readonly window: string;
  text(): Promise<string>;
  clear(): Promise<void>;
}

const PAGE = `<title>field</title><textarea autofocus style="width:95%;height:90%"></textarea>
<script>
const field = document.querySelector('textarea');
window.enters = 0;
window.inputs = [];
field.addEventListener('keydown', (event) => { if (event.key === 'Enter') window.enters++; });
field.addEventListener('input', () => window.inputs.push({ atMs: Date.now(), length: field.value.length }));
</script>`;

export async function openTextField(desktop: Desktop): Promise<TextField> {
  if (CHROMIUM === undefined) throw new Error('Chromium is needed for this test; on Debian: apt install chromium');
  const browser: Browser = await chromium.launch({
    executablePath: CHROMIUM,
    headless: false,
    env: { ...process.env, DISPLAY: desktop.display } as Record<string, string>,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      '--window-size=900,500',
    ],
  });
  const page = await browser.newPage();
  await page.setContent(PAGE);
  await page.bringToFront();
  const env = { ...process.env, DISPLAY: desktop.display };
  const found = String(
    execFileSync('xdotool', ['search', '--sync', '--onlyvisible', '--name', 'field'], { env }),
  ).trim();
  const window = found.split('\n').at(-1)!;
  desktop.focus(window);
  await page.locator('textarea').focus();
  return {
    page,
    window,
    text: () => page.locator('textarea').inputValue(),
    clear: () => page.locator('textarea').fill(''),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** A terminal in which `cat` shows what is typed; `title` tells it from others. */
export async function openTerminal(desktop: Desktop, title: string, command: readonly string[]): Promise<Terminal> {
  const env = { ...process.env, DISPLAY: desktop.display };
  const child = spawn('xterm', ['-u8', '-T', title, '-e', ...command], { env, stdio: 'ignore' });
  const window = String(
    execFileSync('xdotool', ['search', '--sync', '--onlyvisible', '--name', `^${title}$`], { env, timeout: 10_000 }),
  )
    .trim()
    .split('\n')
    .at(-1)!;
  return { window, [Symbol.asyncDispose]: () => ended(child) };
}

export interface Terminal extends AsyncDisposable {
  readonly window: string;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill();
  });
}

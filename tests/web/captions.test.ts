import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import t from 'tap';
import { violations } from '../support/axe.ts';
import { openBrowser, shows } from '../support/browser.ts';
import { FakeRoom, Voice } from '../support/fake-room.ts';
import { until, untilSettled } from '../support/until.ts';

const built = (name: string): string => readFileSync(new URL(`../../dist/client/web/${name}`, import.meta.url), 'utf8');
/** What the pages' own policy refused, and errors they threw; must stay empty. */
const wrong: string[] = [];

let browser: Browser;
let room: FakeRoom;

t.before(async () => {
  browser = await openBrowser(fileURLToPath(new URL('../fixtures/speech/jfk.wav', import.meta.url)));
});
t.teardown(() => browser?.close());
t.beforeEach(async () => {
  room = await new FakeRoom().open();
});
t.afterEach(() => room.close());

const PHONE = { viewport: { width: 390, height: 760 } };
/** A window of 1280 × 720 at 200 %. */
const ZOOMED = { viewport: { width: 640, height: 360 }, deviceScaleFactor: 2 };

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1_000, height: 700 },
    locale: 'en-GB',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) wrong.push(message.text());
  });
  page.on('pageerror', (error) => wrong.push(error.message));
  await page.goto(room.url + path);
  return page;
}

/** A page that watches, and a room in which somebody speaks. */
async function watch(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const viewers = room.viewers;
  const page = await open(path, options);
  await until(() => room.viewers > viewers);
  room.say({ type: 'room', state: 'live', sessions: ['s1'] });
  return page;
}

/** Two frames: the first may have begun before. */
const drawn = (page: Page): Promise<unknown> =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
const lines = (page: Page): Promise<string[]> => page.locator('.caption-line:not([data-gone])').allTextContents();

const overflows = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

t.test('the overlay takes its look from its address, on no ground of its own', async (t) => {
  const notes: string[] = [];
  const page = await open('/overlay?theme=yellow&lines=3&size=30&align=center&bgOpacity=50&lines=many');
  page.on('console', (message) => notes.push(message.text()));
  await page.reload();
  await until(() => room.viewers > 0);
  new Voice(room).partial('Hello there');
  await shows(page, '.caption-line', 'Hello there');
  const style = await page.evaluate(() => {
    const text = getComputedStyle(document.querySelector('.caption-text')!);
    const ground = [document.documentElement, document.body].map(
      (element) => getComputedStyle(element).backgroundColor,
    );
    return { color: text.color, size: text.fontSize, back: text.backgroundColor, align: text.textAlign, ground };
  });
  t.same(style, {
    color: 'rgb(255, 230, 0)',
    size: '30px',
    back: 'rgba(0, 0, 0, 0.5)',
    align: 'center',
    ground: ['rgba(0, 0, 0, 0)', 'rgba(0, 0, 0, 0)'],
  });
  t.match(notes.join('\n'), /lines=many is not taken: 1 to 8/);
  t.same(await violations(page), []);
  await page.context().close();
});

t.test('in the overlay only words that are unsure change, and a full line stays as it is', async (t) => {
  const page = await watch('/overlay?chars=20&text=raw&speed=60');
  const voice = new Voice(room);
  await page.evaluate(() => {
    const touched: string[] = [];
    (window as never as { touched: string[] }).touched = touched;
    const watcher = new MutationObserver((records) => {
      for (const { target, oldValue } of records)
        if (
          target instanceof Text &&
          !target.parentElement?.matches('.caption-tentative') &&
          !target.data.startsWith(oldValue ?? '')
        )
          touched.push(`${oldValue} → ${target.data}`);
    });
    watcher.observe(document.querySelector('#stage')!, {
      subtree: true,
      characterData: true,
      characterDataOldValue: true,
    });
  });
  voice.partial('', 'The nigh').partial('The', ' night was dark and');
  voice.partial('The night was', ' dark and, er, windy').partial('The night was dark and', ' sto');
  await shows(page, '#stage', 'sto');
  voice.final('The night was dark and stormy.', { cleaned: 'The night was stormy.' });
  await shows(page, '#stage', 'stormy.');
  t.same(await lines(page), ['The night was dark', 'and stormy.']);
  t.same(await page.evaluate(() => (window as never as { touched: string[] }).touched), []);
  await page.context().close();
});

t.test('a sentence that is cleaned before its line is full is shown cleaned', async (t) => {
  const page = await watch('/overlay');
  new Voice(room).partial('So, um, we begin', ' now').final('So, um, we begin now.', { cleaned: 'So we begin now.' });
  await shows(page, '#stage', 'So we begin now.');
  t.same(await lines(page), ['So we begin now.']);
  await page.context().close();
});

t.test('the overlay keeps its text over a lost connection, and misses nothing', async (t) => {
  const page = await watch('/overlay?text=raw&fade=0&lines=4');
  const voice = new Voice(room).final('Before the cut.');
  await shows(page, '#stage', 'Before the cut.');
  room.drop();
  await until(() => room.viewers === 0);
  voice.final('While it was away.');
  t.match((await lines(page)).join(' '), 'Before the cut.');
  await shows(page, '#stage', 'While it was away.');
  t.equal((await lines(page)).join(' '), 'Before the cut. While it was away.');
  t.ok(await page.locator('#notice').isHidden(), 'the audience is told nothing');
  await page.context().close();
});

t.test('lines fade after a silence, and do not come back with the next words', async (t) => {
  const page = await watch('/overlay?fade=200');
  const voice = new Voice(room).final('Old words.', { cleaned: 'Old words.' });
  await page.waitForSelector('.captions-rows[data-faded]');
  voice.final('New words.', { cleaned: 'New words.' });
  await shows(page, '#stage', 'New words.');
  t.same(await lines(page), ['New words.']);
  await page.context().close();
});

t.test('a link that was revoked says so, on the overlay and on the page', async () => {
  room.needsKey = true;
  room.tokens.push({ id: 'v1', token: 'good-1', created: '' });
  const overlay = await watch('/overlay?lang=de#token=good-1');
  const captions = await watch('/captions#token=good-1');
  await fetch(`${room.url}/v1/rooms/main/viewers/v1`, { method: 'DELETE' });
  await shows(overlay, '#notice', 'zurückgezogen');
  await shows(captions, '#message', 'was revoked');
  await shows(captions, '#state', 'No access');
  await overlay.context().close();
  await captions.context().close();
});

t.test('the overlay’s style and script are nothing that the old browser in OBS does not know', async (t) => {
  t.notMatch(
    built('overlay.css'),
    /light-dark\(|color-mix\(|:has\(|@layer|@container|\d(dvh|svh|lvh|lh)\b|oklch|[;{]\s*&|text-wrap|(^|[;{])(translate|scale|rotate):/,
  );
  t.notMatch(
    built('overlay.js'),
    /\.(toSorted|toReversed|toSpliced|findLast)\(|Object\.groupBy|Promise\.withResolvers|Array\.fromAsync|startViewTransition/,
  );
});

t.test('the settings page shows what it sets, gives the link, and makes and revokes a token', async (t) => {
  room.needsKey = true;
  const page = await open('/overlay/settings?chars=30');
  await shows(page, '#preview', 'Welcome');
  await page.fill('#set-room', 'hall');
  await page.selectOption('#set-theme', 'outline');
  await page.fill('#set-lines', '3');
  t.equal(await page.inputValue('#link'), `${room.url}/overlay?room=hall&theme=outline&lines=3&chars=30`);
  await page.waitForSelector('#needs-token:not([hidden])');
  await page.fill('#set-lines', '77');
  t.equal(await page.getAttribute('#set-lines', 'aria-invalid'), 'true');
  await page.fill('#label', 'OBS');
  await page.click('#token-form [type="submit"]');
  await page.fill('#key-text', 'a-key');
  await page.click('#key-submit');
  await shows(page, '#tokens', 'OBS');
  t.match(await page.inputValue('#link'), /lines=3&chars=30#token=secret-1$/);
  t.notMatch(page.url(), /secret/, 'the token is not in the history');
  await page.click('#copy');
  t.equal(await page.evaluate(() => navigator.clipboard.readText()), await page.inputValue('#link'));
  await page.click('#tokens button');
  await shows(page, '#tokens', 'no tokens');
  t.equal(room.tokens.length, 0);
  await page.context().close();
});

t.test('screen readers hear a sentence once, when it is final, and nothing of what was said before', async (t) => {
  new Voice(room, 'old').final('Said before.', { cleaned: 'Said before.' });
  const page = await watch('/captions');
  await shows(page, '#log', 'Said before.');
  t.equal(await page.getAttribute('#log', 'aria-live'), 'off', 'history is not read out');
  await page.waitForSelector('#log[aria-live="polite"]');
  const voice = new Voice(room);
  voice.partial('We um', ' have a');
  await shows(page, '#open', 'We um have a');
  t.equal(await page.locator('#log').textContent(), 'Said before.');
  t.equal(await page.getAttribute('#open', 'aria-hidden'), 'true');
  voice.final('We um have a plan.', { cleaned: 'We have a plan.' });
  await shows(page, '#log', 'We have a plan.');
  t.equal(await page.locator('#open p').count(), 0);
  t.equal(await page.locator('.sentence-text').last().getAttribute('dir'), 'auto');
  t.equal(await page.locator('.sentence-text').last().getAttribute('lang'), 'en');
  await page.context().close();
});

t.test('a revised sentence is replaced with a quiet mark, which shows its first version', async (t) => {
  const page = await watch('/captions');
  const voice = new Voice(room).final('Um, the wether.', { cleaned: 'The wether.' });
  await shows(page, '#log', 'The wether.');
  t.equal(await page.locator('.hearing-mark').count(), 0);
  voice.revised('Um, the weather.', 'The weather.');
  await shows(page, '#log', 'The weather.');
  const mark = page.locator('.hearing-mark');
  t.equal(await mark.getAttribute('aria-live'), 'off', 'a screen reader does not announce it');
  t.equal(await mark.getAttribute('aria-label'), 'Revised; show the first version');
  const text = page.locator('.sentence-text');
  await mark.focus();
  await page.keyboard.press('Enter');
  t.equal(await text.textContent(), 'Um, the wether.');
  t.equal(await mark.getAttribute('aria-pressed'), 'true');
  await mark.click();
  t.equal(await text.textContent(), 'The weather.');
  t.same(await violations(page), []);
  await page.click('#open-settings');
  await page.selectOption('#text', 'revised');
  t.equal(await text.textContent(), 'Um, the weather.');
  await page.selectOption('#text', 'raw');
  t.equal(await text.textContent(), 'Um, the wether.');
  t.equal(await mark.count(), 0, 'nothing else is shown');
  await page.selectOption('#text', 'cleaned');
  await page.selectOption('#language', 'de');
  t.match(await mark.getAttribute('aria-label'), /Überarbeitet; erste Fassung/);
  voice.final('Nothing.', { cleaned: 'Nothing.' }).revised('');
  await page.waitForFunction(() => document.querySelectorAll('.hearing-mark').length === 2);
  t.ok(await mark.last().isVisible(), 'what was first heard can be seen where nothing was heard again');
  await page.context().close();
});

t.test('the overlay rewrites no line by what is heard again', async (t) => {
  const page = await watch('/overlay?fade=0&lines=4');
  const voice = new Voice(room).final('The wether is fine.', { cleaned: 'The wether is fine.' });
  await shows(page, '#stage', 'wether');
  voice.revised('The weather is fine.', 'The weather is fine.').final('So it is.', { cleaned: 'So it is.' });
  await shows(page, '#stage', 'So it is.');
  t.equal((await lines(page)).join(' '), 'The wether is fine. So it is.');
  await page.context().close();
});

t.test('reading further up is not disturbed, and one press leads back', async (t) => {
  const page = await watch('/captions', PHONE);
  const voice = new Voice(room);
  for (let i = 1; i <= 40; i++)
    voice.final(`This is sentence number ${i}.`, { cleaned: `This is sentence number ${i}.` });
  await shows(page, '#log', 'number 40.');
  const place = (): Promise<number> =>
    page.evaluate(() => {
      const seen = Array.from(document.querySelectorAll('.sentence')).find(
        (row) => row.getBoundingClientRect().top > 200,
      )!;
      return Math.round(seen.getBoundingClientRect().top);
    });
  const isAtEnd = (): Promise<unknown> =>
    page.waitForFunction(() => {
      const { scrollHeight, scrollTop, clientHeight } = document.documentElement;
      return scrollHeight - scrollTop - clientHeight < 4;
    });
  await isAtEnd();
  await page.mouse.move(200, 400);
  await page.mouse.wheel(0, -600);
  await page.waitForSelector('#jump:not([hidden])');
  // The wheel scrolls smoothly.
  await untilSettled(place, 150);
  const before = await place();
  voice.final('And one more.', { cleaned: 'And one more.' });
  await shows(page, '#jump', '1 new');
  t.equal(await place(), before);
  t.equal(await page.locator('.sentence[data-skippable]').count(), 1, 'all but the newest forty may be skipped');
  await page.click('#jump');
  await isAtEnd();
  t.ok(await page.locator('#jump').isHidden());
  await page.context().close();
});

t.test('choices of a reader are kept: size, colours, language of the page', async (t) => {
  const page = await watch('/captions', PHONE);
  await page.click('#larger');
  await page.click('#open-settings');
  await page.selectOption('#colors', 'yellow');
  await page.selectOption('#language', 'ar');
  t.equal(await page.getAttribute('html', 'dir'), 'rtl');
  t.equal(await page.locator('#settings-title').textContent(), 'الإعدادات');
  await page.reload();
  t.equal(await page.getAttribute('html', 'lang'), 'ar');
  t.equal(await page.getAttribute('html', 'data-colors'), 'yellow');
  t.equal(await page.evaluate(() => document.documentElement.style.getPropertyValue('--scale')), '1.2');
  t.same(await violations(page), []);
  await page.context().close();
});

t.test('a reader may have another language, with the original beside it', async (t) => {
  const page = await watch('/captions?translate=de');
  const voice = new Voice(room).final('Good evening.', { cleaned: 'Good evening.', de: 'Guten Abend.' });
  await shows(page, '#log', 'Guten Abend.');
  t.notMatch(await page.locator('#log').textContent(), /Good/);
  await page.click('#open-settings');
  await page.check('#both');
  await shows(page, '#log', 'Good evening.');
  await page.selectOption('#text', 'raw');
  await page.selectOption('#translate', '');
  t.equal(await page.locator('#log').textContent(), 'Good evening.');
  voice.final('No, um, no.', { cleaned: 'No.' });
  await shows(page, '#log', 'No, um, no.');
  await page.context().close();
});

t.test('a link and a QR code lead others to the same room', async (t) => {
  room.needsKey = true;
  room.tokens.push({ id: 'v1', token: 'good-1', created: '' });
  const page = await watch('/captions?room=hall&lang=de#token=good-1', PHONE);
  await page.click('#open-share');
  t.equal(await page.inputValue('#link'), `${room.url}/captions?room=hall#token=good-1`);
  t.ok(await page.locator('#qr svg').isVisible());
  t.ok(await page.locator('#local-only').isVisible(), 'this machine’s own name is no use to others, and that is said');
  await page.click('#copy');
  await shows(page, '#status', 'Kopiert');
  t.same(await violations(page), []);
  await page.context().close();
});

const VIEWS: Readonly<Record<string, BrowserContextOptions>> = {
  'in light': {},
  'in dark, on a phone': { colorScheme: 'dark', ...PHONE },
  'in forced colours, at 200 %': { forcedColors: 'active', ...ZOOMED },
};
for (const [name, options] of Object.entries(VIEWS)) {
  t.test(`the pages have no accessibility violation and lose nothing ${name}`, async (t) => {
    const page = await watch('/captions', options);
    new Voice(room).final('A sentence that is final.', { cleaned: 'A sentence that is final.' }).partial('And', ' one');
    await shows(page, '#open', 'And one');
    t.same(await violations(page), []);
    t.equal(await overflows(page), 0, 'it does not scroll sideways');
    await page.click('#open-settings');
    t.same(await violations(page), [], 'with its settings open');
    await page.goto(`${room.url}/overlay/settings`);
    await shows(page, '#preview', 'Welcome');
    t.same(await violations(page), [], 'settings of the overlay');
    t.equal(await overflows(page), 0, 'they do not scroll sideways');
    await page.context().close();
  });
}

t.test('words that come move nothing that is read', async (t) => {
  const page = await watch('/captions', PHONE);
  await page.evaluate(() => {
    const shifts = { sum: 0 };
    (window as never as { shifts: { sum: number } }).shifts = shifts;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.sum += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: false });
  });
  const voice = new Voice(room);
  for (const word of ['One', 'Two', 'Three']) {
    voice.partial(`${word} is`, ' the number').partial(`${word} is the number`, ' of');
    await shows(page, '#open', `${word} is the number of`);
    voice.final(`${word} is the number of things.`, { cleaned: `${word} is the number of things.` });
    await shows(page, '#log', `${word} is the number of things.`);
    // Where the next sentence came into the same frame, its line would count as the old one that moved.
    await drawn(page);
  }
  t.equal(await page.evaluate(() => (window as never as { shifts: { sum: number } }).shifts.sum), 0);
  await page.context().close();
});

t.test('the pages work under their own policy and throw nothing', async (t) => {
  t.same(wrong, []);
});

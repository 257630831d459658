import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { answerRequest } from '../../support/answer-request.ts';

const web = fileURLToPath(new URL('../../../client/web/', import.meta.url));
const PAGES: Readonly<Record<string, string>> = {
  '/': 'index.html',
  '/captions': 'captions.html',
  '/overlay': 'overlay.html',
  '/overlay/settings': 'overlay-settings.html',
  '/meeting': 'meeting.html',
};

const written = readdirSync(web, { recursive: true, encoding: 'utf8' });
const sources = written.filter((path) => path.endsWith('.html'));
const nameOf = (path: string): string => path.split('/').at(-1)!;

t.test('every page has an address without an ending, and is served under the page policy', async (t) => {
  const webFolder = mkdtempSync(join(tmpdir(), 'pages-'));
  t.teardown(() => rmSync(webFolder, { recursive: true }));
  for (const path of sources) writeFileSync(join(webFolder, nameOf(path)), nameOf(path));
  const site = { webFolder, info: () => ({}), metrics: () => Promise.resolve(''), ready: () => true };
  t.same(sources.map(nameOf).sort(), Object.values(PAGES).sort(), 'the list above is whole');
  for (const [address, file] of Object.entries(PAGES)) {
    const response = await answerRequest(new Request(`http://127.0.0.1${address}?room=main`), site);
    t.equal(await response.text(), file, address);
    t.match(response.headers.get('content-security-policy'), /script-src 'self'.*frame-ancestors 'none'/);
    t.match(response.headers.get('content-type'), 'text/html');
  }
  t.equal((await answerRequest(new Request('http://127.0.0.1/overlay/other'), site)).status, 404);
});

t.test('no page runs anything inline or loads anything from elsewhere', async (t) => {
  const parts = written.filter((path) => path.endsWith('.part'));
  for (const path of [...sources, ...parts]) {
    const html = readFileSync(join(web, path), 'utf8');
    t.notMatch(html, /(src|href)="https?:/, path);
    t.notMatch(html, /\sstyle="|\son[a-z]+="|<style|<script(?![^>]*\ssrc=)/, path);
  }
});

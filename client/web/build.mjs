// Bundles the pages into dist/client/web: one HTML file, one script and one style sheet for each page; nothing is loaded from elsewhere.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', '..', 'dist', 'client', 'web');
/** Largest size of a page's script, compressed, bytes; the build fails above it. */
const SCRIPT_BYTES_MAX = 100_000;
const BROWSERS = ['es2022', 'safari16'];
/** The browser inside OBS Studio is years behind, and pages that run there must work in it. */
const OLD_BROWSERS = ['es2022', 'chrome103', 'safari16'];

/** Each has a folder of its name, with its HTML, script and style sheet. */
const PAGES = [
  { name: 'live', html: 'index.html', target: BROWSERS },
  { name: 'captions', target: BROWSERS },
  { name: 'overlay', target: OLD_BROWSERS },
  { name: 'overlay-settings', target: BROWSERS },
  { name: 'meeting', target: BROWSERS },
];

mkdirSync(out, { recursive: true });
const shared = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: BROWSERS,
  logLevel: 'warning',
  legalComments: 'none',
};

/** Replaces each line `<!-- FOLDER/NAME.part -->` with that file, which several pages contain. */
const insertParts = (page) =>
  page.replace(/^ *<!-- (\S+\.part) -->\n/gm, (_, part) => readFileSync(join(here, part), 'utf8'));

async function buildPage({ name, html = `${name}.html`, target }) {
  const script = join(out, `${name}.js`);
  await build({ ...shared, target, entryPoints: [join(here, name, `${name}.ts`)], outfile: script });
  await build({
    ...shared,
    target,
    entryPoints: [join(here, name, `${name}.css`)],
    outfile: join(out, `${name}.css`),
  });
  writeFileSync(join(out, html), insertParts(readFileSync(join(here, name, html), 'utf8')));
  const bytes = gzipSync(readFileSync(script)).length;
  if (bytes > SCRIPT_BYTES_MAX)
    throw new Error(`The script of ${html} has ${bytes} bytes compressed; ${SCRIPT_BYTES_MAX} are allowed.`);
  return `${name} ${Math.round(bytes / 100) / 10} kB`;
}

const sizes = await Promise.all(PAGES.map(buildPage));
const WORKLETS = {
  'audio/capture-worklet.ts': 'capture-worklet.js',
  'meeting/interleaver-worklet.ts': 'interleaver-worklet.js',
};
for (const [from, to] of Object.entries(WORKLETS)) {
  await build({ ...shared, entryPoints: [join(here, from)], outfile: join(out, to) });
}
// A plain script: it runs before anything is painted.
await build({ ...shared, format: 'iife', entryPoints: [join(here, 'ui', 'theme.ts')], outfile: join(out, 'theme.js') });
cpSync(join(here, 'ui', 'icon.svg'), join(out, 'icon.svg'));
console.log(`script of the pages, compressed: ${sizes.join(', ')}`);

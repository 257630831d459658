// Bundles the page into dist/client/web: one script, one worklet, one style sheet, nothing from elsewhere.
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', '..', 'dist', 'client', 'web');
mkdirSync(out, { recursive: true });
const shared = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'safari16'],
  logLevel: 'warning',
  legalComments: 'none',
};
await build({ ...shared, entryPoints: [join(here, 'app.ts')], outfile: join(out, 'app.js') });
await build({ ...shared, entryPoints: [join(here, 'capture-worklet.ts')], outfile: join(out, 'capture-worklet.js') });
// A plain script: it runs before anything is painted.
await build({ ...shared, format: 'iife', entryPoints: [join(here, 'theme.ts')], outfile: join(out, 'theme.js') });
await build({ ...shared, entryPoints: [join(here, 'style.css')], outfile: join(out, 'style.css') });
cpSync(join(here, 'index.html'), join(out, 'index.html'));
cpSync(join(here, 'icon.svg'), join(out, 'icon.svg'));
console.log(`page: ${Math.round(gzipSync(readFileSync(join(out, 'app.js'))).length / 1000)} kB of script, compressed`);

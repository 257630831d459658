import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** The folders of the product's sources. */
export const PRODUCT = ['protocol', 'transcript', 'models', 'server', 'client'];
const NO_SOURCES = new Set(['build', 'fixtures', 'wire', 'node_modules']);
/** `from './a.ts'`, `import './a.ts'` and `import('./a.ts')`. */
const RELATIVE_IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]+)\.ts\2/g;

/** Paths of the TypeScript files below a folder, relative to the root. */
export function sourcesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return NO_SOURCES.has(entry.name) ? [] : sourcesBelow(root, path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts') ? [path] : [];
  });
}

/** Imports of plain JavaScript, which is not compiled and stays where it is. */
const RELATIVE_SCRIPT = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]+\.mjs)\2/g;

/** Imports of sources become those of what is compiled beside them. Text for text: the lines stay what they are. */
export const readdress = (text: string): string => text.replace(RELATIVE_IMPORT, '$1$2$3.js$2');

/** What a source is before its types are stripped; the name `SOURCE_URL` stands for its address. */
function readSource(path: string): string {
  const address = pathToFileURL(path);
  const text = readdress(readFileSync(path, 'utf8')).replace(
    RELATIVE_SCRIPT,
    (_, before: string, quote: string, script: string) => `${before}${quote}${new URL(script, address).href}${quote}`,
  );
  return `const SOURCE_URL = ${JSON.stringify(address.href)}; ${text}`;
}

/**
 * Strips the types of all sources at once, file by file, into a new folder, which is the caller's to remove. A loader in every process that
 * a test starts would do the same over and over: that took more of the processor than most tests do.
 *
 * A test finds fixtures and other files of the repository from `import.meta.url`, which stays the address of its source.
 * Files of the product have their own, and start what is compiled beside them.
 */
export async function compileTests(root: string): Promise<string> {
  // Inside the repository, where packages are found.
  mkdirSync(join(root, 'build'), { recursive: true });
  const out = mkdtempSync(join(root, 'build', 'tests-'));
  const compile = (folders: readonly string[], read: (path: string) => string, define: Record<string, string>) =>
    build({
      entryPoints: folders.flatMap((folder) => sourcesBelow(root, folder)).map((path) => join(root, path)),
      outbase: root,
      outdir: out,
      ...{ format: 'esm', target: 'node20', sourcemap: 'linked', logLevel: 'warning' },
      define,
      plugins: [loadWith(read)],
    });
  await Promise.all([
    compile(PRODUCT, (path) => readdress(readFileSync(path, 'utf8')), {}),
    compile(['tests'], readSource, { 'import.meta.url': 'SOURCE_URL' }),
  ]);
  return out;
}

const loadWith = (read: (path: string) => string): Plugin => ({
  name: 'readdress',
  setup: ({ onLoad }) => onLoad({ filter: /\.ts$/ }, ({ path }) => ({ contents: read(path), loader: 'ts' })),
});

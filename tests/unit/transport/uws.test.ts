import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { isFault } from '../../../protocol/index.ts';
import { findUws, loadUws } from '../../../server/transport/uws-library.ts';

const HINT = /npm install (uNetworking\/uWebSockets\.js#v\d+\.\d+\.\d+)/;

const faultOf = async (find?: () => Promise<unknown>): Promise<string> => {
  const error = await loadUws(find).catch((error: unknown) => error);
  return isFault(error) && error.code === 'config.value' ? error.message : `not the fault: ${error}`;
};

t.test('without uWebSockets.js the start says which command brings it, as the manual does', async (t) => {
  const text = await faultOf(() => Promise.reject(new Error("Cannot find package 'uWebSockets.js'")));
  t.match(text, /transport is uws/);
  const manual = readFileSync(new URL('../../../server/README.md', import.meta.url), 'utf8');
  t.equal(HINT.exec(text)?.[1], HINT.exec(manual)?.[1]);
  t.ok(HINT.exec(text));
});

t.test('a build that has no binary for this Node and stands in for one is not taken', async (t) => {
  t.match(await faultOf(() => Promise.resolve({ default: { App: () => {} } })), HINT);
});

t.test('the library is taken from a module of either kind', async (t) => {
  const library = { getParts: () => {} };
  t.equal(await loadUws(() => Promise.resolve({ default: library })), library);
  t.equal(await loadUws(() => Promise.resolve(library)), library);
});

t.test('another package under that name is refused by its own name', async (t) => {
  const text = await faultOf(() => findUws(() => import.meta.resolve('uws-for-tests')));
  t.match(text, /@trufflesuite\/uws-js-unofficial 20\.30\.0/);
  t.match(text, HINT);
});

t.test('the package itself is taken, wherever its entry lies', async (t) => {
  const folder = t.testdir({ 'package.json': '{"name":"uWebSockets.js","version":"20.51.0"}' });
  mkdirSync(join(folder, 'src'));
  const entry = join(folder, 'src', 'entry.mjs');
  writeFileSync(entry, 'export const getParts = () => {};');
  const library = await loadUws(() => findUws(() => pathToFileURL(entry).href));
  t.type(library.getParts, 'function');
});

t.test('what a clone brings is never taken', async (t) => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  t.notOk('uWebSockets.js' in { ...dependencies, ...devDependencies });
});

function isInstalled(): boolean {
  try {
    import.meta.resolve('uWebSockets.js');
    return true;
  } catch {
    return false;
  }
}
const needsNone = isInstalled() ? 'an operator of this machine has installed it' : false;

t.test('where it is not installed, that is said', { skip: needsNone }, async (t) => {
  t.match(await faultOf(), /uWebSockets\.js is not installed/);
});

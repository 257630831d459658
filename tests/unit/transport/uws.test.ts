import { readFileSync } from 'node:fs';
import t from 'tap';
import { isFault } from '../../../protocol/index.ts';
import { loadUws } from '../../../server/transport/uws.ts';

const HINT = /npm install (uNetworking\/uWebSockets\.js#v\d+\.\d+\.\d+)/;

const faultOf = async (find: () => Promise<unknown>): Promise<string> => {
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

import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import t from 'tap';
import { openScriptedServer, script, sound } from '../support/scripted-server.ts';

t.test('a session that is disposed of has left, and waits until it has', async (t) => {
  const server = await openScriptedServer(script('Hello there.', 0.5), 1);
  t.teardown(() => server.close());
  for (const how of ['live', 'finished', 'closed'] as const) {
    const session = await server.connect();
    session.send(sound(1, [[0.4, 0.9]]));
    if (how === 'finished') await session.finish();
    if (how === 'closed') session.close();
    await session[Symbol.asyncDispose]();
    t.equal((await session.closed).fault, undefined, how);
    await session[Symbol.asyncDispose]();
  }
  while (server.registry.size > 0) await new Promise((resolve) => setImmediate(resolve));
  t.pass('the server has room again');
});

t.test('where the platform has no such symbol, nothing is defined in its place', async (t) => {
  const entry = fileURLToPath(new URL('../../client/sdk/index.ts', import.meta.url));
  const membersOf = async (define: Record<string, string>): Promise<readonly PropertyKey[]> => {
    const options = { bundle: true, write: false, format: 'iife', globalName: 'sdk', target: 'es2022' } as const;
    const { outputFiles } = await build({ ...options, entryPoints: [entry], define });
    const context = { Symbol, setTimeout, clearTimeout, setInterval, clearInterval, URL, TextEncoder, TextDecoder };
    return runInNewContext(`${outputFiles[0]!.text}; Reflect.ownKeys(sdk.Session.prototype)`, context);
  };
  const without = await membersOf({ 'Symbol.asyncDispose': 'undefined' });
  t.ok(without.includes('finish'), 'it is the class');
  t.notOk(without.includes('undefined'));
  t.ok((await membersOf({})).includes(Symbol.asyncDispose), 'and where it has, it is there');
});

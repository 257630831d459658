import t from 'tap';
import { describeEngine, ENGINE_PLATFORMS, getEngineName } from '../../package/engine-package.ts';
import { readLock, readManifest } from '../../package/manifest.ts';
import { publishedManifest } from '../../package/server-package.ts';
import { withoutUnused, withoutUnusedPackages } from '../../package/unused-packages.ts';

t.test('the lock file names no library for graphics cards', async (t) => {
  const lock = readLock();
  const pruned = withoutUnusedPackages(lock);
  t.same(lock, pruned, 'npx tsx tests/package/prune-lock.ts takes them out');
  for (const name of [
    '@node-llama-cpp/linux-x64',
    '@node-llama-cpp/mac-arm64-metal',
    '@fugood/node-whisper-darwin-x64',
  ])
    t.ok(lock.packages[`node_modules/${name}`], `${name} stays`);
  t.same(withoutUnused({ '@node-llama-cpp/linux-x64-cuda': '1', '@fugood/node-whisper-win32-x64': '1', libsql: '1' }), {
    libsql: '1',
  });
});

t.test('the published manifest brings the engine and no install script but ours', async (t) => {
  const manifest = readManifest();
  const published = publishedManifest(manifest);
  t.same(published.scripts, { install: 'node server/engine/native/build.mjs' });
  t.notOk('devDependencies' in published);
  const optional = published.optionalDependencies!;
  for (const platform of ENGINE_PLATFORMS) t.equal(optional[getEngineName(platform)], manifest.version);
  t.ok(optional['libsql']);
  t.ok(optional['@node-llama-cpp/linux-x64']);
  t.same(withoutUnused(optional), optional);
  t.match(published, { bundleDependencies: ['onnxruntime-node', 'node-llama-cpp', '@fugood/whisper.node'] });
  // A bundled package finds there what it runs with.
  t.ok(published.dependencies!['lifecycle-utils']);
  t.notOk(published.dependencies!['global-agent'], 'which only an install script that is left out runs with');
  for (const name of Object.keys(manifest.dependencies!)) t.ok(published.dependencies![name], name);
});

t.test('npm tells from its manifest where an engine runs', async (t) => {
  t.same(ENGINE_PLATFORMS.map(getEngineName), [
    'sotto-engine-linux-x64',
    'sotto-engine-linux-arm64',
    'sotto-engine-darwin-x64',
    'sotto-engine-darwin-arm64',
  ]);
  t.same(describeEngine(ENGINE_PLATFORMS[0]), { os: ['linux'], cpu: ['x64'], libc: ['glibc'] });
  t.same(describeEngine(ENGINE_PLATFORMS[3]), { os: ['darwin'], cpu: ['arm64'] });
});

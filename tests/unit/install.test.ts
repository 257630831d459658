import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import t from 'tap';

const root = new URL('../../', import.meta.url);
const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));

/** What npm 10 gives an install script of ours, on a machine that reaches nothing. */
function environment(): NodeJS.ProcessEnv {
  const lines = readFileSync(new URL('.npmrc', root), 'utf8').matchAll(/^([\w-]+)=(.*)$/gm);
  const settings = [...lines].map(([, name, value]) => [`npm_config_${name!.replaceAll('-', '_')}`, value!]);
  const { PATH } = process.env;
  return { PATH, GLOBAL_AGENT_HTTPS_PROXY: 'http://127.0.0.1:9', ...Object.fromEntries(settings) };
}

t.test('an npm that runs every install script installs without internet', async (t) => {
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'script', 'install.js')], {
    env: environment(),
    encoding: 'utf8',
  });
  t.equal(status, 0, stderr);
});

t.test('an npm that asks package.json runs no script that fetches', async (t) => {
  const { allowScripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  t.equal(allowScripts['onnxruntime-node'], false);
});

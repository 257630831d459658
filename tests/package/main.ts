// `npm run package -- [--out FOLDER] [--try yes]` writes two tarballs: the native engine of this platform, and the server,
// which names the engines of all platforms as optional dependencies. `npm install` of both needs no compiler; `--try yes`
// does that in a fresh folder and transcribes a recording there.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './manifest.ts';
import { tryPackages } from './try-packages.ts';
import { writePackages } from './write-packages.ts';

const { values } = parseArgs({
  options: { out: { type: 'string', default: join(ROOT, 'packages') }, try: { type: 'string', default: 'no' } },
});
const packages = await writePackages(resolve(values.out));
for (const { path, megabytes } of packages) console.log(`${path} (${megabytes.toFixed(1)} MB)`);
if (values.try === 'yes') {
  const tried = tryPackages(packages.map(({ path }) => path));
  for (const problem of tried.problems) console.log(`not ok - ${problem}`);
  console.log(`installed after ${tried.installSeconds.toFixed(1)} s, transcribed after ${tried.seconds.toFixed(1)} s`);
  if (tried.problems.length > 0) process.exitCode = 1;
}

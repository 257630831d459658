// `npx tsx tests/package/prune-lock.ts`, after an update of `node-llama-cpp` or `@fugood/whisper.node`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, readLock } from './manifest.ts';
import { withoutUnusedPackages } from './unused-packages.ts';

writeFileSync(join(ROOT, 'package-lock.json'), `${JSON.stringify(withoutUnusedPackages(readLock()), undefined, 2)}\n`);

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import t from 'tap';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** What pages and browsers load. `protocol/index.ts` has the schemas. */
const ENTRIES = [
  'transcript/index.ts',
  'client/sdk/index.ts',
  'client/web/live/live.ts',
  'client/web/captions/captions.ts',
  'client/web/overlay/overlay.ts',
  'client/web/overlay-settings/overlay-settings.ts',
  'client/web/meeting/meeting.ts',
];

async function readInputs(entry: string): Promise<string[]> {
  const { metafile } = await build({
    ...{ entryPoints: [entry], absWorkingDir: ROOT, bundle: true, write: false, metafile: true },
    ...{ format: 'esm', platform: 'browser', logLevel: 'silent' },
  });
  return Object.keys(metafile.inputs);
}

for (const entry of ENTRIES)
  t.test(`${entry} loads no schema while it runs`, async (t) => {
    const inputs = await readInputs(entry);
    t.ok(inputs.includes(entry));
    t.same(
      inputs.filter((path) => path.includes('node_modules/zod')),
      [],
    );
  });

t.test('the check finds the schemas where they are loaded', async (t) => {
  t.ok((await readInputs('protocol/index.ts')).some((path) => path.includes('node_modules/zod')));
});

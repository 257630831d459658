import t from 'tap';
import { failuresOf, fuzz, fuzzTargets } from '../support/fuzz.ts';
import type { FuzzTransport } from '../support/fuzz-server.ts';
import { SEED } from '../support/seed.ts';
import { NO_UWS, runsUws } from '../support/uws.ts';

const frames = Number(process.env['SOTTO_FUZZ_FRAMES'] ?? 12_000);
/** Bounds the test on a machine that is slow, and not what it checks. */
const msPerEndpoint = 5_000;

for (const transport of ['ws', 'uws', 'tcp'] satisfies FuzzTransport[]) {
  const skip = transport === 'uws' && !runsUws && NO_UWS;
  t.test(
    `clients that keep no rule end and disturb nobody, at every endpoint over ${transport}`,
    { skip },
    async (t) => {
      const rows = await fuzz({ seed: SEED, frames, transport, msPerEndpoint });
      t.equal(rows.length, fuzzTargets(transport).length);
      for (const row of rows) {
        t.ok(row.frames > 0, row.endpoint);
        t.same(failuresOf(row), [], `${transport} ${row.endpoint}: SOTTO_SEED=${SEED} shows it again`);
      }
      const total = rows.reduce((sum, row) => sum + row.frames, 0);
      t.comment(`seed ${SEED}: ${total} frames over ${transport}`);
    },
  );
}

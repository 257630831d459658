import t from 'tap';
import { failuresOf, fuzz, fuzzTargets } from '../support/fuzz.ts';
import type { FuzzTransport } from '../support/fuzz-server.ts';
import { NO_UWS, runsUws } from '../support/uws.ts';

// A seed of its own every day, so that many are tried; a failure says which one to repeat.
const seed = Number(process.env['SOTTO_FUZZ_SEED'] ?? Math.floor(Date.now() / 86_400_000));
const frames = Number(process.env['SOTTO_FUZZ_FRAMES'] ?? 12_000);
/** Bounds the test on a machine that is slow, and not what it checks. */
const msPerEndpoint = 5_000;

for (const transport of ['ws', 'uws', 'tcp'] satisfies FuzzTransport[]) {
  const skip = transport === 'uws' && !runsUws && NO_UWS;
  t.test(
    `clients that keep no rule end and disturb nobody, at every endpoint over ${transport}`,
    { skip },
    async (t) => {
      const rows = await fuzz({ seed, frames, transport, msPerEndpoint });
      t.equal(rows.length, fuzzTargets(transport).length);
      for (const row of rows) {
        t.ok(row.frames > 0, row.endpoint);
        t.same(failuresOf(row), [], `${transport} ${row.endpoint}: SOTTO_FUZZ_SEED=${seed} shows it again`);
      }
      const total = rows.reduce((sum, row) => sum + row.frames, 0);
      t.comment(`seed ${seed}: ${total} frames over ${transport}`);
    },
  );
}

import t from 'tap';
import { fuzz } from '../support/fuzz.ts';
import { uws, ws } from '../support/scripted-server.ts';
import { NO_UWS, runsUws } from '../support/uws.ts';

// A seed of its own every day, so that many are tried; a failure says which one to repeat.
const seed = Number(process.env['SOTTO_FUZZ_SEED'] ?? Math.floor(Date.now() / 86_400_000));
const ms = Number(process.env['SOTTO_FUZZ_MS'] ?? 4_000);

for (const [name, transport] of [
  ['ws', ws],
  ['uws', uws],
] as const) {
  const skip = name === 'uws' && !runsUws && NO_UWS;
  t.test(`clients that keep no rule do not disturb one that does, over ${name}`, { skip }, async (t) => {
    const report = await fuzz({ seed, frames: 1e9, ms, transport });
    t.comment(`seed ${seed}: ${JSON.stringify(report)}`);
    t.same(report.bugs, [], `SOTTO_FUZZ_SEED=${seed} shows it again`);
    t.equal(report.wrong, 0, `${report.conversations} conversations beside ${report.frames} frames`);
    t.equal(report.sessionsLeft, 0);
    t.ok(report.memoryMb.end < report.memoryMb.warm + 100, 'memory does not grow');
    t.ok(report.descriptors.end <= report.descriptors.start + 20, 'no descriptors are left open');
  });
}

// Hostile clients against a server with a scripted engine: frames sent, what it cost, and whether anybody noticed.
import { parseArgs } from 'node:util';
import { type FuzzRow, failuresOf, fuzz } from '../../support/fuzz.ts';
import type { FuzzTransport } from '../../support/fuzz-server.ts';
import { SEED } from '../../support/seed.ts';
import { NO_UWS, runsUws } from '../../support/uws.ts';
import { machine, reportFailures, table } from '../report.ts';

const HEAD = [
  ...['transport', 'endpoint', 'frames', 'connections', 'ends by status', 'server.bug', 'put in'],
  ...['MB before, after', 'descriptors', 'sessions left', 'beside it', 'wrong'],
];

/** `npm run bench -- fuzz --frames 1000000 --seed 1 --transport all|ws|uws|tcp --only /v1/realtime`; frames are of each transport. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      frames: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: String(SEED) },
      transport: { type: 'string', default: 'all' },
      only: { type: 'string', default: '' },
    },
  });
  const { seed, only } = values;
  const transports: readonly string[] = values.transport === 'all' ? ['ws', 'uws', 'tcp'] : [values.transport];
  console.log(`seed ${seed}; ${machine()}`);
  const rows: (string | number)[][] = [HEAD];
  const failures: string[] = [];
  for (const transport of transports) {
    if (transport === 'uws' && !runsUws) {
      console.log(`uws is left out: ${NO_UWS}`);
      continue;
    }
    const startMs = performance.now();
    const done = await fuzz({
      ...{ seed: Number(seed), frames: Number(values.frames), transport: transport as FuzzTransport, only },
      progress: ({ endpoint, frames }) => process.stderr.write(`${transport} ${endpoint}: ${frames} frames\n`),
    });
    for (const row of done) {
      rows.push(cells(transport, row));
      failures.push(...failuresOf(row).map((failure) => `${transport} ${row.endpoint}: ${failure}`));
    }
    const total = done.reduce((sum, { frames }) => sum + frames, 0);
    console.log(`${transport}: ${total} frames in ${Math.round((performance.now() - startMs) / 1_000)} s`);
  }
  console.log(table(rows));
  reportFailures(failures);
}

function cells(transport: string, row: FuzzRow): string[] {
  const { endpoint, frames, connections, ends, bugs, injected, memoryMb, descriptors, left, conversations, wrong } =
    row;
  const by = Object.entries(ends).sort(([, a], [, b]) => b - a);
  return [
    ...[transport, endpoint, frames, connections, by.map(([status, count]) => `${status}: ${count}`).join(', ')],
    ...[row.death === undefined ? bugs.length : 'ENDED', injected, memoryMb.join(', '), descriptors.join(', ')],
    ...[left.sessions, conversations, wrong],
  ].map(String);
}

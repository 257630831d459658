// Hostile clients against a server with a scripted engine: frames sent, what it cost, and whether anybody noticed.
import { parseArgs } from 'node:util';
import { fuzz } from '../../support/fuzz.ts';
import { uws, ws } from '../../support/scripted-server.ts';
import { NO_UWS, runsUws } from '../../support/uws.ts';

/** `npm run bench -- fuzz --frames 1000000 --seed 1 --transport ws|uws` */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      frames: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '60' },
      transport: { type: 'string', default: 'ws' },
    },
  });
  if (values.transport === 'uws' && !runsUws) throw new Error(NO_UWS);
  const startedMs = performance.now();
  const report = await fuzz({
    seed: Number(values.seed),
    frames: Number(values.frames),
    ms: Number(values.minutes) * 60_000,
    transport: values.transport === 'uws' ? uws : ws,
    progress: (frames) => process.stderr.write(`\r${frames} frames`),
  });
  const { memoryMb, descriptors } = report;
  process.stderr.write('\r');
  console.log(`transport        ${values.transport}, seed ${values.seed}`);
  console.log(`frames           ${report.frames} in ${report.visits} visits`);
  console.log(`seconds          ${Math.round((performance.now() - startedMs) / 1_000)}`);
  console.log(`conversations    ${report.conversations} beside them, ${report.wrong} not word for word`);
  console.log(`memory           ${memoryMb.warm} MB after a quarter, ${memoryMb.end} MB at the end`);
  console.log(`descriptors      ${descriptors.start} at the start, ${descriptors.end} at the end`);
  console.log(`sessions left    ${report.sessionsLeft}`);
  console.log(`bugs             ${report.bugs.length}`);
  for (const bug of new Set(report.bugs)) console.log(`  ${bug}`);
  if (report.bugs.length > 0 || report.wrong > 0 || report.sessionsLeft > 0) process.exitCode = 1;
}

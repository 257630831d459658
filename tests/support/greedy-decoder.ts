// A process under the decoder's resource guard that uses more processor time or memory than it may, or neither.
import { ResourceGuard } from '../../server/decoder/child/guard.ts';
import { simulateDelay } from './until.ts';

const guard = new ResourceGuard();
guard.setLimits({ memoryMbMax: 300, cpuMs: 500, cpuMsPerSecond: 0, cpuMsPerAnswer: 500 });
const held: Uint8Array[] = [];
await guard.run(async () => {
  if (process.argv[2] === 'time') for (;;);
  while (process.argv[2] === 'memory' && held.length < 10_000) {
    held.push(new Uint8Array(1_048_576).fill(1));
    await simulateDelay(1);
  }
});
process.exit(0);

// A process whose code throws where nothing guards it, for a test of what catches it then.
import { catchProcessErrors } from '../../server/observe/process-errors.ts';

let nowMs = 0;
const stop = catchProcessErrors(
  (error, text) => process.stdout.write(`${text}: ${(error as Error).message}\n`),
  () => nowMs,
);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

setImmediate(() => {
  throw new Error('thrown');
});
await turn();
void Promise.reject(new Error('rejected'));
await turn();
nowMs += 1_000;
for (let i = 0; i < 100; i++) void Promise.reject(new Error('again'));
await turn();
process.stdout.write('still here\n');
if (process.argv[2] === 'stop') {
  stop();
  void Promise.reject(new Error('not caught'));
}
await turn();

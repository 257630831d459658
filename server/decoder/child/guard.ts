import { Worker } from 'node:worker_threads';

const LOOK_EVERY_MS = 20;

/**
 * Ends this process when it grows beyond `memoryMbMax`. A file of a few kilobytes can hold hours for hundreds of channels,
 * and while it is decoded nothing else runs here; so another thread looks.
 */
export function watchMemory(memoryMbMax: number): void {
  const thread = `setInterval(() => {
    if (process.memoryUsage.rss() > ${memoryMbMax} * 1048576) process.kill(process.pid, 'SIGKILL');
  }, ${LOOK_EVERY_MS});`;
  new Worker(thread, { eval: true, execArgv: [], stdout: false, stderr: false }).unref();
}

import { open, readFile, rm } from 'node:fs/promises';
import { Fault } from '../protocol/index.ts';

/** Locks `path` for this process. A lock left by a process that has ended is taken over. */
export async function acquireLock(path: string, model: string): Promise<AsyncDisposable> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const owner = Number(await readFile(path, 'utf8').catch(() => ''));
      if (isProcessRunning(owner))
        throw new Fault('model.download', { model, problem: `process ${owner} is pulling it already` });
      await rm(path, { force: true });
    }
  }
  throw new Fault('model.download', { model, problem: `${path} cannot be locked` });
}

function isProcessRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// Takes the lock of a folder and keeps it until it is killed. Says `held`, or why it could not have it and for what folder.
// Arguments: the folder; `heartbeat` to do without the database library; how often it beats then, ms.
import { FolderLock } from '../../server/store/folder-lock.ts';

const [, , folder, by, beatMs] = process.argv;
try {
  const options = by === 'heartbeat' ? { library: undefined, heartbeatMs: Number(beatMs) } : {};
  const lock = new FolderLock(folder!, options);
  console.log('held');
  // A lock that nobody refers to could be collected with its database.
  setInterval(() => lock.clockSetMs, 60_000);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  console.log(`${code}: ${message}`);
}

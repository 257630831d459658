import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '../../server/store/file-store.ts';
import { storeContract } from './store.ts';

storeContract('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-store-'));
  const open = (): FileStore => new FileStore({ folder, sync: 'always', sessionBytesMax: 1e6, bytesMax: 1e7 });
  const store = open();
  return {
    store,
    reopen: () => {
      store.close();
      return open();
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
});

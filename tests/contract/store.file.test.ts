import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileJournalStore } from '../../server/store/file-journal-store.ts';
import { storeContract } from './store.ts';

storeContract('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-store-'));
  const open = (): FileJournalStore =>
    new FileJournalStore({ folder, sync: 'always', sessionBytesMax: 1e6, bytesMax: 1e7 });
  const store = open();
  let newest = store;
  return {
    store,
    reopen: () => {
      newest.close();
      newest = open();
      return newest;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
});

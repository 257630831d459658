import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../server/store/open-database.ts';
import { SqliteTranscripts } from '../../server/store/sqlite-transcripts.ts';
import { transcriptContract } from './transcripts.ts';

transcriptContract('sqlite', (nowMs) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-transcripts-'));
  const open = () =>
    new SqliteTranscripts(openDatabase({ folder, sync: 'never', nowMs, onBrokenFile: () => {} }), { nowMs });
  let store = open();
  return {
    store,
    reopen: () => {
      store.close();
      store = open();
      return store;
    },
    remove: () => {
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});

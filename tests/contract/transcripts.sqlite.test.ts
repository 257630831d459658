import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTranscripts } from '../../server/store/open-transcripts.ts';
import { transcriptContract } from './transcripts.ts';

transcriptContract('sqlite', (nowMs) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-transcripts-'));
  const open = () => openTranscripts({ folder, sync: 'never', nowMs, brokenFile: () => {} });
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

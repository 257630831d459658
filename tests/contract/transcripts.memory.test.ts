import { MemoryTranscripts } from '../../server/store/memory-transcripts.ts';
import { transcriptContract } from './transcripts.ts';

transcriptContract('memory', (nowMs) => {
  const store = new MemoryTranscripts(nowMs);
  return { store, reopen: () => store, remove: () => {} };
});

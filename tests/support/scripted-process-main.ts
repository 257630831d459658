import { FileStore } from '../../server/store/file-store.ts';
import type { ScriptedSetup } from './scripted-process.ts';
import { openScriptedServer } from './scripted-server.ts';

/** A scripted server in a process of its own, to be killed. Its first message is what it runs with. */
process.once('message', async (setup: ScriptedSetup) => {
  const { words, port, folder, graceMs = 30_000 } = setup;
  const store = new FileStore({ folder, sync: 'never', sessionBytesMax: 1 << 26, bytesMax: 1 << 30 });
  await openScriptedServer(words, 1_000, { store, port, graceMs });
  process.send?.('listening');
});
// Whoever started it is gone.
process.once('disconnect', () => process.exit(0));

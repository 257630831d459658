import { join } from 'node:path';
import t from 'tap';
import { getEmbeddedFolder } from '../../models/locate.ts';
import { loadSilero } from '../../server/vad/silero.ts';
import { speechNetworkContract } from './speech-model.ts';

speechNetworkContract('Silero 6', () => loadSilero(join(getEmbeddedFolder(), 'silero_vad_v6.onnx')));

t.test('a file that does not load is a clear fault', async (t) => {
  await t.rejects(loadSilero('/nowhere/silero.onnx'), { code: 'engine.absent' });
});

import t from 'tap';
import { getModelPath } from '../../../models/locate.ts';
import { findModel } from '../../../models/registry.ts';
import { BatchedModel } from '../../../server/vad/batched-model.ts';
import { EnergyModel } from '../../../server/vad/energy.ts';
import { openVad } from '../../../server/vad/open.ts';

const path = getModelPath(findModel('silero-vad')!);
const ignore = (): void => {};

t.test('each name opens its detector, and the two networks differ', async (t) => {
  const log = { debug: ignore, info: ignore, warn: (_: unknown, text: string) => t.fail(text), error: ignore };
  const noisy = Float32Array.from({ length: 512 }, (_, i) => 0.1 * Math.sin(i / 12) * Math.sin(i / 90));
  const [silero, legacy, energy] = [
    await openVad('silero', path, log),
    await openVad('legacy', path, log),
    await openVad('energy', path, log),
  ];
  t.teardown(() => Promise.all([silero.close(), legacy.close(), energy.close()]));
  t.ok(silero instanceof BatchedModel && legacy instanceof BatchedModel && energy instanceof EnergyModel);
  t.not(await silero.openProbe().computeProbability(noisy), await legacy.openProbe().computeProbability(noisy));
});

t.test('where Silero does not load, the level decides, and the log says so', async (t) => {
  const warnings: string[] = [];
  const log = { debug: ignore, info: ignore, warn: (_: unknown, text: string) => warnings.push(text), error: ignore };
  const model = await openVad('silero', '/nowhere/silero.onnx', log);
  t.ok(model instanceof EnergyModel);
  t.same(warnings, ['Silero does not load; speech is detected by its level instead']);
});

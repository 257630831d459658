import { readFileSync } from 'node:fs';
import onnx from 'onnxruntime-node';
import t from 'tap';
import { SileroModel } from '../../../server/vad/silero.ts';

const WINDOW = 512;

/** Windows of a recording in the fixtures: 16 kHz, 16 bit, one channel, a header of 44 bytes. */
function windows(name: string, count: number): Float32Array[] {
  const bytes = readFileSync(new URL(`../../fixtures/speech/${name}.wav`, import.meta.url)).subarray(44);
  return Array.from({ length: count }, (_, i) =>
    Float32Array.from({ length: WINDOW }, (_, j) => bytes.readInt16LE((i * WINDOW + j) * 2) / 32_768),
  );
}

/** Opens the model and notes how many windows each of its runs judged. */
async function open(): Promise<{ model: SileroModel; batches: number[] }> {
  const batches: number[] = [];
  const { create } = onnx.InferenceSession;
  onnx.InferenceSession.create = (async (...args: Parameters<typeof create>) => {
    const session = await create.apply(onnx.InferenceSession, args);
    const run = session.run.bind(session);
    session.run = ((feeds: Parameters<typeof run>[0]) => {
      batches.push((feeds['input'] as { dims: readonly number[] }).dims[0]!);
      return run(feeds);
    }) as typeof session.run;
    return session;
  }) as typeof create;
  try {
    return { model: await SileroModel.load(), batches };
  } finally {
    onnx.InferenceSession.create = create;
  }
}

const streams = ['short_01', 'short_05', 'short_07', 'jfk'].map((name) => windows(name, 60));

t.test('windows of several streams are judged in one run, each with its own memory', async (t) => {
  const { model, batches } = await open();
  t.teardown(() => model.close());
  const alone: number[][] = [];
  for (const stream of streams) {
    const probe = model.openProbe();
    const probabilities: number[] = [];
    for (const window of stream) probabilities.push(await probe.computeProbability(window));
    alone.push(probabilities);
  }
  batches.length = 0;
  const together = await Promise.all(
    streams.map(async (stream) => {
      const probe = model.openProbe();
      const probabilities: number[] = [];
      for (const window of stream) probabilities.push(await probe.computeProbability(window));
      return probabilities;
    }),
  );
  t.ok(Math.max(...batches) > 1, `runs of ${[...new Set(batches)].join(', ')} windows`);
  t.ok(batches.length < streams.length * 60, 'fewer runs than windows');
  const worst = Math.max(
    ...together.flatMap((probabilities, i) => probabilities.map((each, j) => Math.abs(each - alone[i]![j]!))),
  );
  t.ok(worst < 1e-3, `the same as alone, within ${worst}`);
  t.ok(Math.max(...alone[0]!) > 0.9 && alone[0]![0]! < 0.5, 'speech is distinguished from the silence before it');
});

t.test('what waits when the model closes is refused, not forgotten', async (t) => {
  const { model } = await open();
  const probe = model.openProbe();
  await probe.computeProbability(streams[0]![0]!);
  await model.close();
  await t.rejects(probe.computeProbability(streams[0]![1]!), { code: 'engine.busy' });
});

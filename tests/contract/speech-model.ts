import { readFileSync } from 'node:fs';
import onnx from 'onnxruntime-node';
import t from 'tap';
import type { SpeechModel, SpeechProbe } from '../../server/ports/speech-model.ts';

const WINDOW = 512;

/** Windows of a recording in the fixtures: 16 kHz, 16 bit, one channel, a header of 44 bytes. */
function windows(name: string, count: number): Float32Array[] {
  const bytes = readFileSync(new URL(`../fixtures/speech/${name}.wav`, import.meta.url)).subarray(44);
  return Array.from({ length: count }, (_, i) =>
    Float32Array.from({ length: WINDOW }, (_, j) => bytes.readInt16LE((i * WINDOW + j) * 2) / 32_768),
  );
}

/** Opens a model and notes how many windows each of its runs evaluated. */
async function openCounted(open: () => Promise<SpeechModel>): Promise<{ model: SpeechModel; batches: number[] }> {
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
    return { model: await open(), batches };
  } finally {
    onnx.InferenceSession.create = create;
  }
}

async function probabilitiesOf(probe: SpeechProbe, stream: readonly Float32Array[]): Promise<number[]> {
  const probabilities: number[] = [];
  for (const window of stream) probabilities.push(await probe.computeProbability(window));
  return probabilities;
}

const streams = ['short_01', 'short_05', 'short_07', 'jfk'].map((name) => windows(name, 60));
const robin = windows('ns_robin', 60);

const largestDifference = (left: readonly number[], right: readonly number[]): number =>
  Math.max(...left.map((value, i) => Math.abs(value - right[i]!)));

/** The promises of every network that detects speech. */
export function speechNetworkContract(name: string, open: () => Promise<SpeechModel>): void {
  t.test(`${name}: windows of several streams are evaluated in one run, each with its own state`, async (t) => {
    const { model, batches } = await openCounted(open);
    t.teardown(() => model.close());
    const alone: number[][] = [];
    for (const stream of streams) alone.push(await probabilitiesOf(model.openProbe(), stream));
    batches.length = 0;
    const together = await Promise.all(streams.map((stream) => probabilitiesOf(model.openProbe(), stream)));
    t.ok(Math.max(...batches) > 1, `runs of ${[...new Set(batches)].join(', ')} windows`);
    t.ok(batches.length < streams.length * 60, 'fewer runs than windows');
    const worst = Math.max(...together.map((probabilities, i) => largestDifference(probabilities, alone[i]!)));
    t.ok(worst < 1e-3, `the same as alone, within ${worst}`);
  });

  t.test(`${name}: speech is told from the silence before it, and from a bird`, async (t) => {
    const model = await open();
    t.teardown(() => model.close());
    const speech = await probabilitiesOf(model.openProbe(), streams[0]!);
    t.ok(speech[0]! < 0.3, `${speech[0]} in the silence`);
    t.ok(Math.max(...speech) > 0.95, `${Math.max(...speech)} in the speech`);
    const bird = await probabilitiesOf(model.openProbe(), robin);
    t.ok(Math.max(...bird) < 0.9, `${Math.max(...bird)} in the bird`);
  });

  t.test(`${name}: a new probe begins anew, and one that begins a second earlier soon agrees`, async (t) => {
    const model = await open();
    t.teardown(() => model.close());
    const stream = windows('jfk', 200);
    const whole = await probabilitiesOf(model.openProbe(), stream);
    t.same(await probabilitiesOf(model.openProbe(), stream), whole);
    // What a session does after a restart: a second is replayed.
    const resumed = await probabilitiesOf(model.openProbe(), stream.slice(100));
    const others = resumed.slice(32).filter((value, i) => Math.abs(value - whole[132 + i]!) > 0.1).length;
    t.ok(others <= 8, `${others} of ${resumed.length - 32} windows differ by more than 0.1 after a second`);
  });

  t.test(`${name}: what waits when the model closes is refused, not forgotten`, async (t) => {
    const model = await open();
    const probe = model.openProbe();
    await probe.computeProbability(streams[0]![0]!);
    await model.close();
    await t.rejects(probe.computeProbability(streams[0]![1]!), { code: 'engine.busy' });
  });
}

import t from 'tap';
import { VadQueue } from '../../../server/flow/vad-queue.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A VAD that answers when it is told to. */
class ScriptedProbe {
  readonly asked: number[] = [];
  closed = false;
  readonly #open: { resolve(probability: number): void; reject(error: Error): void }[] = [];

  computeProbability(window: Float32Array): Promise<number> {
    this.asked.push(window[0]!);
    return new Promise((resolve, reject) => this.#open.push({ resolve, reject }));
  }

  async answer(probability: number | Error): Promise<void> {
    const { resolve, reject } = this.#open.shift()!;
    if (probability instanceof Error) reject(probability);
    else resolve(probability);
    await settled();
  }

  close(): void {
    this.closed = true;
  }
}

function open(): { probe: ScriptedProbe; queue: VadQueue; judged: number[][] } {
  const probe = new ScriptedProbe();
  const judged: number[][] = [];
  const failures: unknown[] = [];
  const queue = new VadQueue(
    probe,
    (from) => Float32Array.of(from),
    (from, to, probability) => judged.push([from, to, probability]),
    (error) => failures.push(error),
  );
  return { probe, queue, judged };
}

t.test('windows are asked one at a time and judged in order', async (t) => {
  const { probe, queue, judged } = open();
  for (const from of [0, 512, 1_024]) queue.push(from, from + 512);
  t.same(probe.asked, [0], 'the second waits for the first');
  await probe.answer(0.1);
  t.same(probe.asked, [0, 512]);
  await probe.answer(0.2);
  await probe.answer(0.3);
  t.same(judged, [
    [0, 512, 0.1],
    [512, 1_024, 0.2],
    [1_024, 1_536, 0.3],
  ]);
});

t.test('a window that the VAD cannot judge counts as speech, and the next is asked', async (t) => {
  const { probe, queue, judged } = open();
  queue.push(0, 512);
  queue.push(512, 1_024);
  await probe.answer(new Error('broken'));
  await probe.answer(0);
  t.same(judged, [
    [0, 512, 1],
    [512, 1_024, 0],
  ]);
});

t.test('after close nothing is judged any more', async (t) => {
  const { probe, queue, judged } = open();
  queue.push(0, 512);
  queue.push(512, 1_024);
  queue.close();
  await probe.answer(0.9);
  t.same(judged, []);
  t.same(probe.asked, [0]);
  t.ok(probe.closed);
});

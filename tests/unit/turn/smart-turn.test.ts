import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import t from 'tap';
import { getModelPath } from '../../../models/locate.ts';
import { findModel } from '../../../models/registry.ts';
import { openTurnDetector } from '../../../server/turn/open.ts';
import { SmartTurnDetector } from '../../../server/turn/smart-turn.ts';
import type { FromThread, ToThread } from '../../../server/turn/thread-messages.ts';

/** A thread that answers when the test says so. */
class ScriptedThread extends EventEmitter {
  readonly asked: ToThread[] = [];
  isTerminated = false;

  postMessage(message: ToThread): void {
    this.asked.push(message);
  }

  unref(): void {}

  send(message: FromThread): void {
    this.emit('message', message);
  }

  async terminate(): Promise<number> {
    this.isTerminated = true;
    this.emit('exit', 1);
    return 1;
  }
}

async function open() {
  const threads: ScriptedThread[] = [];
  const errors: unknown[] = [];
  const now = { ms: 0 };
  const opening = SmartTurnDetector.open({
    modelPath: '',
    onError: (error) => errors.push(error),
    nowMs: () => now.ms,
    start: () => {
      threads.push(new ScriptedThread());
      return threads.at(-1) as unknown as Worker;
    },
  });
  threads[0]!.send({ kind: 'ready' });
  return { detector: await opening, threads, errors, now };
}

const audio = (): Float32Array<ArrayBuffer> => new Float32Array(16);

t.test('questions are answered one after the other', async (t) => {
  const { detector, threads } = await open();
  const [thread] = threads;
  const answers = [detector.predictTurnEnd(audio()), detector.predictTurnEnd(audio())];
  t.equal(thread!.asked.length, 1, 'the second waits');
  thread!.send({ kind: 'answer', probability: 0.9 });
  thread!.send({ kind: 'answer', probability: 0.1 });
  t.same(await Promise.all(answers), [0.9, 0.1]);
  await detector.close();
});

t.test('a question that waits too long, or behind too many, is not asked', async (t) => {
  const { detector, threads, now } = await open();
  const [thread] = threads;
  const answers = Array.from({ length: 20 }, () => detector.predictTurnEnd(audio()));
  t.same(await Promise.all(answers.slice(17)), [undefined, undefined, undefined], 'one is asked and 16 wait');
  now.ms += 1_000;
  const late = answers.slice(0, 17);
  thread!.send({ kind: 'answer', probability: 0.5 });
  t.same(await Promise.all(late), [0.5, ...new Array(16).fill(undefined)]);
  t.equal(thread!.asked.length, 1);
  await detector.close();
});

t.test('a thread that ends leaves no question without an answer, and is replaced after a while', async (t) => {
  const { detector, threads, errors, now } = await open();
  const answers = [detector.predictTurnEnd(audio()), detector.predictTurnEnd(audio())];
  threads[0]!.emit('error', new Error('out of memory'));
  threads[0]!.emit('exit', 1);
  t.same(await Promise.all(answers), [undefined, undefined]);
  t.match(errors, [{ message: 'out of memory' }]);
  t.equal(await detector.predictTurnEnd(audio()), undefined, 'not at once');
  t.equal(threads.length, 1);
  now.ms += 2_000;
  const later = detector.predictTurnEnd(audio());
  threads[1]!.send({ kind: 'ready' });
  threads[1]!.send({ kind: 'answer', probability: 0.7 });
  t.equal(await later, 0.7);
  await detector.close();
  t.ok(threads[1]!.isTerminated);
  t.equal(await detector.predictTurnEnd(audio()), undefined, 'closed');
});

t.test('without the model there is no turn detector, and the log says what to do', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-turn-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const broken = join(folder, 'broken.onnx');
  writeFileSync(broken, 'no model');
  for (const path of [broken, join(folder, 'missing.onnx')]) {
    const lines: string[] = [];
    const log = { warn: (_: object, text: string) => lines.push(text) };
    t.equal(await openTurnDetector('smart-turn', path, log as never), undefined);
    t.match(lines, [/Smart Turn does not load.*--turn-detector none/]);
  }
  t.equal(await openTurnDetector('none', broken, {} as never), undefined, 'nobody asked for one');
});

t.test('the model answers from its thread', async (t) => {
  const detector = await openTurnDetector('smart-turn', getModelPath(findModel('smart-turn')!), {} as never);
  const probability = await detector!.predictTurnEnd(new Float32Array(16_000));
  t.ok(probability !== undefined && probability >= 0 && probability <= 1, String(probability));
  await detector!.close();
});

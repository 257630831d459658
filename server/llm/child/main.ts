import type { FromModel, Generation, ToModel } from '../wire.ts';
import { GgufModel } from './gguf-model.ts';

/** The process of a GGUF model: one text at a time, in the order they were asked for. It ends with its parent. */
let model: GgufModel | undefined;
const cancels = new Map<number, AbortController>();
/** The one that is being written. */
let running: number | undefined;
let queue: Promise<void> = Promise.resolve();

process.on('message', (message: ToModel) => {
  switch (message.kind) {
    case 'setup':
      queue = queue.then(() => start(message));
      return;
    case 'generate':
      cancels.set(message.id, new AbortController());
      queue = queue.then(() => generate(message.id, message.generation));
      return;
    case 'cancel':
      cancels.get(message.id)?.abort();
      // One that waits has an end now, and not when those before it have theirs.
      if (message.id !== running && cancels.delete(message.id))
        send({ kind: 'failed', id: message.id, problem: 'it was given up' });
      return;
    case 'ping':
      send({ kind: 'alive', memoryMb: Math.round(process.memoryUsage.rss() / 1_048_576) });
      return;
  }
});
// A parent that is gone cannot use an answer.
process.on('disconnect', () => process.exit(0));
// Ctrl-C, a closed terminal and most supervisors signal the whole group; the parent decides when this ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

async function start({ setup }: Extract<ToModel, { kind: 'setup' }>): Promise<void> {
  try {
    const loaded = await GgufModel.load(setup);
    // Better now than on somebody's first sentence.
    if (setup.warmUp !== undefined) await loaded.generate(setup.warmUp, new AbortController().signal);
    model = loaded;
    send({ kind: 'ready' });
  } catch (error) {
    send({ kind: 'refused', problem: firstLineOf(error) });
  }
}

async function generate(id: number, generation: Generation): Promise<void> {
  const signal = cancels.get(id)?.signal;
  if (signal === undefined) return;
  running = id;
  try {
    if (model === undefined) throw new Error('the model is not loaded');
    send({ kind: 'generated', id, text: await model.generate(generation, signal) });
  } catch (error) {
    send({ kind: 'failed', id, problem: firstLineOf(error) });
  } finally {
    running = undefined;
    cancels.delete(id);
  }
}

function firstLineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
}

function send(message: FromModel): void {
  if (process.connected) process.send?.(message);
}

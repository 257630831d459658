import { endWithParent, firstLineOf, residentMemoryMb, sendToParent } from '../../process/child/parent-link.ts';
import type { FromModel, Generation, ToModel } from '../wire.ts';
import { GgufModel } from './gguf-model.ts';

/** Longest error text that is sent, characters. */
const PROBLEM_CHARS_MAX = 200;

/** The process of a GGUF model: generates one text at a time, in the order of requests. It ends with its parent. */
let model: GgufModel | undefined;
const cancels = new Map<number, AbortController>();
/** Id of the text that is being generated. */
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
      // A waiting request is rejected now, not when its turn comes.
      if (message.id !== running && cancels.delete(message.id))
        send({ kind: 'failed', id: message.id, problem: 'it was given up' });
      return;
    case 'ping':
      send({ kind: 'alive', memoryMb: residentMemoryMb() });
      return;
  }
});
endWithParent();

async function start({ setup }: Extract<ToModel, { kind: 'setup' }>): Promise<void> {
  try {
    const loaded = await GgufModel.load(setup);
    // Now, rather than on the first sentence.
    if (setup.warmUp !== undefined) await loaded.generate(setup.warmUp, new AbortController().signal);
    model = loaded;
    send({ kind: 'ready' });
  } catch (error) {
    send({ kind: 'refused', problem: firstLineOf(error, PROBLEM_CHARS_MAX) });
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
    send({ kind: 'failed', id, problem: firstLineOf(error, PROBLEM_CHARS_MAX) });
  } finally {
    running = undefined;
    cancels.delete(id);
  }
}

const send: (message: FromModel) => void = sendToParent;

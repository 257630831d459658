import { getLlama, type Llama, LlamaChatSession, type LlamaContextSequence, LlamaLogLevel } from 'node-llama-cpp';
import type { AssistantRequest } from '../../ports/assistant.ts';
import type { FromAssistant, ToAssistant } from '../wire.ts';

/** The assistant's process: one model, one question at a time, ends with its parent. */
let llama: Llama | undefined;
let sequence: LlamaContextSequence | undefined;
let contextTokens = 0;
const cancels = new Map<number, AbortController>();
/** The one that is being answered. */
let running: number | undefined;
let queue: Promise<void> = Promise.resolve();

process.on('message', (message: ToAssistant) => {
  switch (message.kind) {
    case 'setup':
      queue = queue.then(() => start(message));
      return;
    case 'ask':
      cancels.set(message.id, new AbortController());
      queue = queue.then(() => answer(message.id, message.request));
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
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});

async function start(setup: Extract<ToAssistant, { kind: 'setup' }>): Promise<void> {
  try {
    // Never builds or fetches anything: the prebuilt CPU library is in the package.
    llama = await getLlama({
      ...{ gpu: false, build: 'never', skipDownload: true, logLevel: LlamaLogLevel.disabled },
      maxThreads: setup.threads,
    });
    const model = await llama.loadModel({ modelPath: setup.modelPath });
    contextTokens = Math.min(setup.contextTokens, model.trainContextSize);
    const context = await model.createContext({ contextSize: contextTokens, sequences: 1, threads: setup.threads });
    sequence = context.getSequence();
    send({ kind: 'ready' });
  } catch {
    // The reason names the file, and is told to clients.
    send({ kind: 'refused', problem: 'its model cannot be loaded' });
  }
}

async function answer(id: number, request: AssistantRequest): Promise<void> {
  const signal = cancels.get(id)?.signal;
  if (signal === undefined) return;
  running = id;
  try {
    if (llama === undefined || sequence === undefined) throw new Error('the model is not loaded');
    send({ kind: 'answered', id, text: await ask(llama, sequence, request, signal) });
  } catch (error) {
    send({ kind: 'failed', id, problem: oneLine(error) });
  } finally {
    running = undefined;
    cancels.delete(id);
  }
}

async function ask(
  engine: Llama,
  contextSequence: LlamaContextSequence,
  { system, user, schema, maxTokens }: AssistantRequest,
  signal: AbortSignal,
): Promise<string> {
  const tokens = contextSequence.model.tokenize(system).length + contextSequence.model.tokenize(user).length;
  if (tokens + maxTokens + 64 > contextTokens) throw new Error(`a prompt of ${tokens} tokens is longer than it takes`);
  const grammar = schema === undefined ? undefined : await engine.createGrammarForJsonSchema(schema as never);
  await contextSequence.clearHistory();
  const session = new LlamaChatSession({ contextSequence, systemPrompt: system });
  try {
    return await session.prompt(user, {
      ...{ temperature: 0, maxTokens, signal, stopOnAbortSignal: false },
      ...(grammar === undefined ? {} : { grammar }),
    });
  } finally {
    session.dispose({ disposeSequence: false });
  }
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
}

function send(message: FromAssistant): void {
  if (process.connected) process.send?.(message);
}

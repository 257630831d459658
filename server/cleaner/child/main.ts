import {
  getLlama,
  LlamaChatSession,
  LlamaCompletion,
  type LlamaContextSequence,
  LlamaLogLevel,
  type LlamaModel,
} from 'node-llama-cpp';
import { chatPrompt, readReply, splitForSottoClean } from '../../core/clean/prompt.ts';
import type { CleanRequest } from '../../core/clean/request.ts';
import type { FromCleaner, ToCleaner } from '../wire.ts';

/** The cleaner's process: one model, one sentence at a time, ends with its parent. */
const CONTEXT_TOKENS = { 'sotto-clean': 512, chat: 2_048 } as const;

let rewrite: ((request: CleanRequest, signal: AbortSignal) => Promise<string>) | undefined;
const cancels = new Map<number, AbortController>();
let queue: Promise<void> = Promise.resolve();

process.on('message', (message: ToCleaner) => {
  switch (message.kind) {
    case 'setup':
      queue = queue.then(() => start(message));
      return;
    case 'rewrite':
      cancels.set(message.id, new AbortController());
      queue = queue.then(() => answer(message.id, message.request));
      return;
    case 'cancel':
      cancels.get(message.id)?.abort();
      return;
    case 'ping':
      send({ kind: 'alive', memoryMb: Math.round(process.memoryUsage.rss() / 1_048_576) });
      return;
  }
});
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {});

async function start(setup: Extract<ToCleaner, { kind: 'setup' }>): Promise<void> {
  try {
    // Never builds or fetches anything: the prebuilt CPU library is in the package.
    const llama = await getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      logLevel: LlamaLogLevel.disabled,
      maxThreads: setup.threads,
    });
    const model = await llama.loadModel({ modelPath: setup.modelPath });
    const context = await model.createContext({
      contextSize: CONTEXT_TOKENS[setup.style],
      sequences: 1,
      threads: setup.threads,
    });
    const sequence = context.getSequence();
    rewrite = setup.style === 'sotto-clean' ? ownStyle(model, sequence) : chatStyle(sequence);
    // The first run plans buffers; better now than on somebody's first sentence.
    await rewrite(
      { text: 'Um, so this is a test.', language: 'en', context: [], instruction: '' },
      new AbortController().signal,
    );
    send({ kind: 'ready' });
  } catch (error) {
    send({ kind: 'refused', problem: oneLine(error) });
  }
}

async function answer(id: number, request: CleanRequest): Promise<void> {
  const cancel = cancels.get(id)!;
  try {
    if (rewrite === undefined) throw new Error('the model is not loaded');
    cancel.signal.throwIfAborted();
    send({ kind: 'rewritten', id, text: await rewrite(request, cancel.signal) });
  } catch (error) {
    send({ kind: 'failed', id, problem: oneLine(error) });
  } finally {
    cancels.delete(id);
  }
}

/** `<|raw|> TEXT<|clean|>` → the cleaned text, greedily. */
function ownStyle(model: LlamaModel, sequence: LlamaContextSequence): NonNullable<typeof rewrite> {
  const completion = new LlamaCompletion({ contextSequence: sequence });
  const raw = model.tokenize('<|raw|>', true);
  const clean = model.tokenize('<|clean|>', true);
  return async (request, signal) => {
    const parts: string[] = [];
    for (const part of splitForSottoClean(lowerShouting(request.text))) {
      const text = model.tokenize(` ${part}`, false, 'trimLeadingSpace' as never);
      const maxTokens = Math.min(text.length + 16, CONTEXT_TOKENS['sotto-clean'] - text.length - 4);
      const prompt = [...raw, ...text, ...clean];
      parts.push(
        (
          await completion.generateCompletion(prompt, {
            temperature: 0,
            maxTokens,
            signal,
            stopOnAbortSignal: false,
          } as never)
        ).trim(),
      );
    }
    return parts.filter(Boolean).join(' ');
  };
}

function chatStyle(sequence: LlamaContextSequence): NonNullable<typeof rewrite> {
  return async (request, signal) => {
    const { system, user } = chatPrompt(request);
    const session = new LlamaChatSession({ contextSequence: sequence, systemPrompt: system });
    try {
      const maxTokens = Math.max(64, request.text.length);
      return readReply(await session.prompt(user, { temperature: 0, maxTokens, signal, stopOnAbortSignal: false }));
    } finally {
      session.dispose({ disposeSequence: false });
    }
  };
}

/** The embedded model has seen no text all in capitals. */
function lowerShouting(text: string): string {
  return /\p{Lu}/u.test(text) && !/\p{Ll}/u.test(text) && text.length > 8 ? text.toLowerCase() : text;
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
}

function send(message: FromCleaner): void {
  if (process.connected) process.send?.(message);
}

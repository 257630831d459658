import { LlamaAssistant } from '../../server/assistant/llama-assistant.ts';
import { LlamaCleaner } from '../../server/cleaner/llama.ts';
import { ProcessDecoder } from '../../server/decoder/decoder.ts';
import { WorkerPool } from '../../server/engine/pool.ts';
import { silentLog } from './scripted-server.ts';

/** A part of the server that has a child process, as `faulty-process.ts` is one. */
export interface ProcessPart {
  /** The child's answer. Rejects with the part's fault. */
  ask(text: string, signal?: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

export interface PartOptions {
  readonly childPath: string;
  readonly execPath?: string | undefined;
}

const NEVER = new AbortController().signal;
let jobs = 0;

/** The four of them, by name; timings are short where they can be set. */
export const PARTS: Readonly<Record<string, (options: PartOptions) => Promise<ProcessPart>>> = {
  recogniser: async (options) => {
    const pool = new WorkerPool({
      ...{ modelPath: 'm', modelName: 'm', engine: 'stock', decodeTimeoutMs: 1_000, workerMemoryMbMax: 1_000 },
      ...{ log: silentLog, ...options },
    });
    await pool.ready();
    const silence = new Float32Array(16_000);
    return {
      ask: async (prompt) => {
        const answer = await pool.decode({
          ...{ id: ++jobs, kind: 'final', samples: silence, fromSample: 0, language: 'en', languages: [] },
          ...{ task: 'transcribe', prompt, prefix: '' },
        });
        if (answer.kind === 'hypothesis') return answer.hypothesis.words[0]!.text;
        throw Object.assign(new Error(answer.text), { code: answer.code });
      },
      close: () => pool.close(),
    };
  },
  cleaner: async (options) => {
    const cleaner = new LlamaCleaner({
      ...{
        modelPath: 'm',
        modelName: 'm',
        style: 'sotto-clean',
        threads: 1,
        memoryMbMax: 1_000,
        log: silentLog,
        ...options,
      },
    });
    await cleaner.ready();
    return {
      ask: async (text, signal = NEVER) =>
        (await cleaner.rewrite({ text, language: 'en', context: [], instruction: '' }, signal)).text,
      close: () => cleaner.close(),
    };
  },
  assistant: async (options) => {
    const assistant = new LlamaAssistant({
      ...{ modelPath: 'm', modelName: 'm', threads: 1, memoryMbMax: 1_000, log: silentLog, pingEveryMs: 30 },
      ...{ cancelTimeoutMs: 100, ...options },
    });
    return {
      ask: (user, signal = NEVER) => assistant.complete({ system: '', user, maxTokens: 1 }, signal),
      close: () => assistant.close(),
    };
  },
  decoder: async (options) => {
    const decoder = new ProcessDecoder({ timeoutMs: 1_500, ...options });
    return {
      ask: async (text) => {
        const stream = decoder.open({ layout: 'mix', packets: { sampleRate: 16_000, channels: 1 } });
        try {
          const parts: Uint8Array[] = [];
          for await (const { bytes } of stream.feed(Buffer.from(text))) parts.push(bytes);
          return Buffer.from(Uint8Array.from(new Float32Array(new Uint8Array(Buffer.concat(parts)).buffer))).toString();
        } finally {
          stream.close();
        }
      },
      close: () => decoder.close(),
    };
  },
};

/** Codes of the faults that each may answer with. */
export const FAULTS_OF: Readonly<Record<string, readonly string[]>> = {
  recogniser: ['engine.crashed'],
  cleaner: ['clean.failed'],
  assistant: ['assistant.failed'],
  decoder: ['audio.format', 'decoder.failed'],
};

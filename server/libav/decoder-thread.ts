import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { DecodedStep, FromThread, Source, ThreadData, ToThread } from './messages.ts';

/** One recording or stream. Wait for each answer before the next call. */
export interface DecoderStream {
  /** What these bytes complete, or nothing yet. */
  feed(bytes: Uint8Array): Promise<DecodedStep>;
  /** More of what was fed. */
  read(): Promise<DecodedStep>;
  /** No more bytes will come; yields what was held back. */
  end(): Promise<DecodedStep>;
  /** Frees everything that belongs to the stream; an answer that is awaited is rejected. Safe to call twice. */
  close(): void;
}

interface Pending {
  readonly stream: number;
  resolve(step: DecodedStep): void;
  reject(error: Error): void;
}

const CLOSED = 'the stream is closed';

/**
 * A thread that decodes, one stream after another. libav asks for bytes in the middle of its work and cannot wait for an
 * event, so it has a thread that may sleep until they come. Each stream has an instance of libav of its own.
 */
export class DecoderThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #signal = new Int32Array(new SharedArrayBuffer(4));
  #pending: Pending | undefined;
  #streams = 0;
  #failure: Error | undefined;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const workerData: ThreadData = { port: port2, signal: this.#signal };
    this.#worker = startWorker(workerData, port2);
    this.#port.on('message', (message: FromThread) => this.#settle(message));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the decoding thread ended')));
    // Nothing that only waits here keeps the process running.
    this.#worker.unref();
    this.#port.unref();
  }

  /** Ends the stream before it, if there is one. */
  open(source: Source): DecoderStream {
    this.#endStream();
    const stream = ++this.#streams;
    this.#send({ kind: 'open', source, stream });
    return {
      // A copy whose memory can be handed over.
      feed: (bytes) => this.#ask(stream, { kind: 'feed', bytes: Uint8Array.from(bytes) }),
      read: () => this.#ask(stream, { kind: 'read' }),
      end: () => this.#ask(stream, { kind: 'end' }),
      close: () => {
        if (stream === this.#streams) this.#endStream();
      },
    };
  }

  /** Ends the thread, whatever it is doing. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  /** The thread answers nothing of a stream that is closed. */
  #endStream(): void {
    this.#send({ kind: 'close' });
    this.#takePending()?.reject(new Error(CLOSED));
  }

  #ask(stream: number, message: ToThread): Promise<DecodedStep> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (stream !== this.#streams) return Promise.reject(new Error(CLOSED));
    this.#port.ref();
    return new Promise((resolve, reject) => {
      this.#pending = { stream, resolve, reject };
      this.#send(message);
    });
  }

  #send(message: ToThread): void {
    this.#port.postMessage(message, message.kind === 'feed' ? [message.bytes.buffer as ArrayBuffer] : []);
    Atomics.add(this.#signal, 0, 1);
    Atomics.notify(this.#signal, 0);
  }

  #settle(message: FromThread): void {
    if (message.stream !== this.#pending?.stream) return;
    const pending = this.#takePending()!;
    if (message.kind === 'step') pending.resolve(message);
    else pending.reject(new Error(message.problem));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#takePending()?.reject(this.#failure);
  }

  #takePending(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#port.unref();
    return pending;
  }
}

function startWorker(workerData: ThreadData, port: MessagePort): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const path = fileURLToPath(new URL(`./thread/main.${isSource ? 'ts' : 'js'}`, import.meta.url));
  const options = { workerData, transferList: [port] };
  if (!isSource) return new Worker(path, { ...options, execArgv: [] });
  // When running from the sources, a thread needs the TypeScript loader registered: it does not inherit it.
  const loader = `data:text/javascript,import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))}; register();`;
  return new Worker(pathToFileURL(path), { ...options, execArgv: ['--import', loader] });
}

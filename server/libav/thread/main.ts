import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { ByteQueue } from '../byte-queue.ts';
import type { FromThread, Source, ThreadData, ToThread } from '../messages.ts';
import { AudioReader, compileLibav, type DecodedPiece, UnreadableError } from '../reader.ts';
import { openLive, openMemory, openPath, type Recording } from '../sources.ts';
import { PieceBatch } from './piece-batch.ts';

const { port, signal } = workerData as ThreadData;
const libav = compileLibav();
/** Beginnings of Ogg and WebM, which a client of bare Opus packets may send instead. */
const CONTAINER_MARKS = ['OggS', '\x1aE\xdf\xa3'];
const PROBLEM_CHARS_MAX = 200;

/** Thrown in the middle of libav when its stream is of no use any more. */
class Closed extends Error {}

/** The next message; sleeps until there is one. */
function takeMessage(): ToThread {
  for (;;) {
    const seen = Atomics.load(signal, 0);
    const received = receiveMessageOnPort(port);
    if (received !== undefined) return received.message;
    Atomics.wait(signal, 0, seen);
  }
}

/** One stream, from `open` to `close`. */
class Stream {
  readonly #number: number;
  readonly #queue = new ByteQueue();
  readonly #batch = new PieceBatch();
  #memory: Uint8Array | undefined;
  #memoryFilled = 0;
  #hasEnded = false;
  #hasBytes = false;
  #reader: AudioReader | undefined;

  constructor(number: number) {
    this.#number = number;
  }

  run(source: Source): void {
    if (source.kind === 'memory') this.#memory = new Uint8Array(source.size);
    this.#receive();
    if (source.kind === 'live' || source.kind === 'packets') {
      // A client may leave before it sends anything.
      while (!this.#hasBytes && this.#wait()) {}
      if (!this.#hasBytes) this.#answerEnded();
    }
    const recording = this.#open(source);
    try {
      if (recording === undefined) this.#decodePackets(source as Source & { kind: 'packets' });
      else this.#decode(recording);
    } finally {
      recording?.close();
    }
    this.#answerEnded();
  }

  /** Until the stream is closed. */
  #answerEnded(): never {
    for (;;) this.#answer(false);
  }

  #open(source: Source): Recording | undefined {
    switch (source.kind) {
      case 'path':
        return openPath(source.path);
      case 'memory':
        while (this.#wait()) {}
        return openMemory(this.#memory!.subarray(0, this.#memoryFilled));
      case 'live':
        return this.#openLive();
      case 'packets':
        return this.#isContainer() ? this.#openLive() : undefined;
    }
  }

  #openLive(): Recording {
    return openLive(this.#queue, () => this.#wait());
  }

  /** Waits for more only while the bytes may still become the beginning of a container. */
  #isContainer(): boolean {
    for (;;) {
      const head = String.fromCharCode(...this.#queue.peek(4));
      if (CONTAINER_MARKS.includes(head)) return true;
      if (!CONTAINER_MARKS.some((mark) => mark.startsWith(head)) || !this.#wait()) return false;
    }
  }

  #decode({ source, demuxer }: Recording): void {
    this.#reader = AudioReader.openFile(libav, source, demuxer);
    for (let piece = this.#reader.read(); piece !== undefined; piece = this.#reader.read()) this.#put(piece);
    if (this.#batch.total > 0) return;
    const { damagedPackets, durationMs = 0 } = this.#reader;
    if (damagedPackets > 0) throw new UnreadableError('nothing in it can be decoded');
    // The header of a stream may have been written before anybody knew its length.
    if (source.random !== undefined && durationMs > 0)
      throw new UnreadableError('nothing of the sound that its header describes is in it');
  }

  #decodePackets({ sampleRate, channels }: Source & { kind: 'packets' }): void {
    const reader = AudioReader.openPackets(libav, sampleRate, channels);
    this.#reader = reader;
    for (;;) {
      const packet = this.#queue.shift();
      if (packet === undefined && this.#wait()) continue;
      // An empty packet at the end lets the decoder give what it holds.
      reader.feed(packet ?? new Uint8Array(0));
      for (let piece = reader.read(); piece !== undefined; piece = reader.read()) this.#put(piece);
      if (packet === undefined) return;
    }
  }

  #put(piece: DecodedPiece): void {
    this.#batch.add(piece);
    if (this.#batch.isFull) this.#answer(true);
  }

  /** Answers with what there is and waits for more bytes; false when no more will come. */
  #wait(): boolean {
    if (this.#hasEnded) return false;
    this.#answer(false);
    return !this.#hasEnded;
  }

  #answer(hasMore: boolean): void {
    const piece = this.#batch.take();
    const damaged = this.#reader?.damagedPackets ?? 0;
    const durationMs = this.#reader?.durationMs;
    post({ kind: 'step', stream: this.#number, piece, hasMore, damaged, durationMs }, piece);
    this.#receive();
  }

  #receive(): void {
    const message = takeMessage();
    if (message.kind === 'close') throw new Closed();
    if (message.kind === 'end') this.#hasEnded = true;
    if (message.kind !== 'feed' || message.bytes.length === 0) return;
    this.#hasBytes = true;
    if (this.#memory === undefined) return this.#queue.push(message.bytes);
    this.#memory.set(message.bytes, this.#memoryFilled);
    this.#memoryFilled += message.bytes.length;
  }
}

function post(message: FromThread, piece: DecodedPiece | undefined): void {
  port.postMessage(message, piece?.planes.map(({ buffer }) => buffer as ArrayBuffer) ?? []);
}

/** Every request until `close` gets the same answer. */
function answerFailed(stream: number, error: unknown): void {
  const problem = (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, PROBLEM_CHARS_MAX);
  do post({ kind: 'failed', stream, problem }, undefined);
  while (takeMessage().kind !== 'close');
}

for (;;) {
  const message = takeMessage();
  if (message.kind !== 'open') continue;
  try {
    new Stream(message.stream).run(message.source);
  } catch (error) {
    if (!(error instanceof Closed)) answerFailed(message.stream, error);
  }
}

import { Fault, isFault, LIMITS } from '../../protocol/index.ts';
import { BackOff } from '../core/schedule/back-off.ts';
import type { Clock } from '../ports/clock.ts';
import type { AudioDecoder, DecodedAudio, DecodeOptions, DecodeStream, UploadedFile } from '../ports/decoder.ts';
import { timerClock } from '../process/timer-clock.ts';
import { DECODABLE_KINDS, DecodeProcess, type DecodeProcessOptions } from './process.ts';
import type { DecoderAnswer, DecoderRequest } from './wire.ts';

/** Processes kept for the next file; starting one takes longer than decoding a short recording. */
const RESTING_MAX = 2;
/** Longest time in which no process is started because the ones before did not come up, ms: somebody waits for each. */
const BACK_OFF_MAX_MS = 4_000;
type DecoderLimits = { readonly [name in 'fileDecodersMax' | 'liveDecodersMax']: number };
type Decoded = Exclude<DecoderAnswer, { kind: 'failed' }>;
type Delivery = DecodeProcess['manner'];

/** Decodes in processes of their own, so that no file can stop or blow up the server. */
export class ProcessDecoder implements AudioDecoder {
  /** Processes that run, those that were killed and are not gone yet among them. */
  readonly #processes = new Set<DecodeProcess>();
  readonly #limits: DecoderLimits;
  readonly #options: DecodeProcessOptions;
  readonly #clock: Clock;
  readonly #backOff = new BackOff({ longestMs: BACK_OFF_MAX_MS });
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  /** Starts so far, and how many of them there were when the last one failed. */
  #starts = 0;
  #startsAtFailure = 0;
  #closed = false;

  constructor(options: DecodeProcessOptions = {}, limits: DecoderLimits = LIMITS) {
    this.#options = options;
    this.#limits = limits;
    this.#clock = options.clock ?? timerClock;
  }

  open(options: DecodeOptions): DecodeStream {
    const channel = this.#openChannel('live', { kind: 'open', fileBytes: undefined, packets: undefined, ...options });
    return {
      feed: (bytes) => channel.run({ kind: 'feed', bytes }),
      end: () => channel.run({ kind: 'end' }),
      close: () => void channel.close(),
    };
  }

  async *decodeFile(
    file: UploadedFile,
    { layout, packets }: DecodeOptions,
    signal: AbortSignal,
  ): AsyncGenerator<DecodedAudio> {
    if (signal.aborted) return;
    const channel = this.#openChannel('file', { kind: 'open', layout, packets, fileBytes: file.size });
    const kill = (): void => channel.kill();
    signal.addEventListener('abort', kill, { once: true });
    try {
      for (const bytes of file.takeBlocks()) await channel.ask({ kind: 'feed', bytes });
      yield* channel.run({ kind: 'end' });
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', kill);
      await channel.close();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const decoder of this.#processes) decoder.kill();
  }

  #openChannel(delivery: Delivery, open: DecoderRequest & { readonly kind: 'open' }): Channel {
    const process = this.#take(delivery);
    return new Channel(process, open, () => this.#giveBack(process));
  }

  /**
   * Each has a process of its own: what is made to blow up ends nobody else's. It costs some 12 MB that are not shared. A
   * file can wait, so it does not take the processor from those who speak now.
   */
  #take(delivery: Delivery): DecodeProcess {
    const own = [...this.#processes].filter(({ manner }) => manner === delivery);
    let process = own.find((each) => !each.dead && each.state === 'resting');
    if (process === undefined) {
      const most = delivery === 'file' ? this.#limits.fileDecodersMax : this.#limits.liveDecodersMax;
      if (own.length >= most) throw new Fault('upload.busy', {});
      process = this.#start(delivery);
    }
    process.wake();
    return process;
  }

  /**
   * Throws `decoder.failed` while it waits after processes that did not come up: each upload would start one more that ends
   * at once. What is in a file is no reason, for a process has answered before it gets any of it.
   */
  #start(delivery: Delivery): DecodeProcess {
    if (this.#clock.nowMs() < this.#notBeforeMs) throw new Fault('decoder.failed', {});
    const process = new DecodeProcess(delivery, this.#options);
    const number = ++this.#starts;
    this.#processes.add(process);
    void process.gone.then(() => this.#processes.delete(process));
    void process.started.then((outcome) => {
      if (outcome === 'answered') this.#backOff.reset();
      // Those that were started together fail together, and count once.
      if (outcome !== 'failed' || number <= this.#startsAtFailure) return;
      this.#startsAtFailure = this.#starts;
      this.#notBeforeMs = this.#clock.nowMs() + this.#backOff.next();
    });
    return process;
  }

  #giveBack(process: DecodeProcess): void {
    process.rest();
    const resting = [...this.#processes].filter(({ state, dead }) => state === 'resting' && !dead);
    if (this.#closed || resting.length > RESTING_MAX) process.kill();
  }
}

/** One stream's conversation with its process. */
class Channel {
  readonly #process: DecodeProcess;
  readonly #stream: number;
  readonly #open: DecoderRequest;
  readonly #giveBack: () => void;
  #opened: Promise<unknown> | undefined;
  #asking = 0;
  #closed: Promise<void> | undefined;

  constructor(process: DecodeProcess, open: DecoderRequest, giveBack: () => void) {
    this.#process = process;
    this.#stream = process.nextStream();
    this.#open = open;
    this.#giveBack = giveBack;
  }

  /** Everything that one question brings out. */
  async *run(question: DecoderRequest): AsyncGenerator<DecodedAudio> {
    for (let next = question; ; next = { kind: 'read' }) {
      const answer = await this.ask(next);
      if (answer.kind === 'decoded') yield audioOf(answer);
      if (!answer.hasMore) return;
    }
  }

  async ask(question: DecoderRequest): Promise<Decoded> {
    this.#asking++;
    try {
      this.#opened ??= this.#process.ask(this.#stream, this.#open);
      await this.#opened;
      return await this.#process.ask(this.#stream, question);
    } catch (error) {
      // A process that ended says nothing itself.
      if (!this.#process.dead || !isFault(error) || error.code !== 'audio.format') throw error;
      const got = 'that takes more time or memory to decode than one recording may';
      throw new Fault('audio.format', { got, want: DECODABLE_KINDS }, { cause: error });
    } finally {
      this.#asking--;
    }
  }

  kill(): void {
    this.#process.kill();
  }

  /** Gives the process back, or ends it when it is in the middle of something; resolves when it is one or the other. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    if (this.#asking > 0 || this.#process.dead) {
      this.#process.kill();
      return this.#process.gone;
    }
    await this.#process.ask(this.#stream, { kind: 'close' }).then(this.#giveBack, this.#giveBack);
  }
}

function audioOf({ sampleRate, channels, samples }: Decoded & { kind: 'decoded' }): DecodedAudio {
  return { sampleRate, channels, bytes: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength) };
}

import { Fault, isFault, LIMITS } from '../../protocol/index.ts';
import { BackOff } from '../core/schedule/back-off.ts';
import type { Clock } from '../ports/clock.ts';
import type { AudioDecoder, DecodedAudio, DecodeOptions, DecodeStream, UploadedFile } from '../ports/decoder.ts';
import { timerClock } from '../process/timer-clock.ts';
import { DECODABLE_KINDS, DecodeProcess, type DecodeProcessOptions } from './process.ts';
import type { DecoderAnswer, DecoderRequest } from './wire.ts';

/** Idle processes kept for the next file; starting one takes longer than decoding a short recording. */
const IDLE_MAX = 2;
/** Maximum delay before another start after processes failed to start, ms: a client waits for each. */
const BACK_OFF_MAX_MS = 4_000;
type DecoderLimits = { readonly [name in 'fileDecodersMax' | 'liveDecodersMax']: number };
type SuccessfulAnswer = Exclude<DecoderAnswer, { kind: 'failed' }>;
type Priority = DecodeProcess['priority'];

/** Decodes in separate processes, so that no file can stop or exhaust the server. */
export class ProcessDecoder implements AudioDecoder {
  /** All processes, including killed ones that have not exited yet. */
  readonly #processes = new Set<DecodeProcess>();
  readonly #limits: DecoderLimits;
  readonly #options: DecodeProcessOptions;
  readonly #clock: Clock;
  readonly #backOff = new BackOff({ longestMs: BACK_OFF_MAX_MS });
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  /** Starts so far, and how many of them there were when the last one failed. */
  #starts = 0;
  #startsAtFailure = 0;
  #closing = false;

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
    const channel = this.#openChannel('batch', { kind: 'open', layout, packets, fileBytes: file.size });
    const kill = (): void => channel.kill();
    signal.addEventListener('abort', kill, { once: true });
    try {
      for (const bytes of file.takeBlocks()) await channel.request({ kind: 'feed', bytes });
      yield* channel.run({ kind: 'end' });
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', kill);
      await channel.close();
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const decoder of this.#processes) decoder.kill();
  }

  #openChannel(priority: Priority, open: DecoderRequest & { readonly kind: 'open' }): Channel {
    const process = this.#acquire(priority);
    return new Channel(process, open, () => this.#release(process));
  }

  /**
   * Finds or starts a process of its own for each stream, so that audio crafted to crash ends nobody else's. It costs
   * some 40 MB of unshared memory. A file can wait, so its process does not compete with live audio.
   */
  #acquire(priority: Priority): DecodeProcess {
    const samePriority = [...this.#processes].filter((each) => each.priority === priority);
    let process = samePriority.find((each) => !each.isDead && each.state === 'idle');
    if (process === undefined) {
      const max = priority === 'batch' ? this.#limits.fileDecodersMax : this.#limits.liveDecodersMax;
      if (samePriority.length >= max) throw new Fault('upload.busy', {});
      process = this.#start(priority);
    }
    process.markBusy();
    return process;
  }

  /**
   * Throws `decoder.failed` while it backs off after processes that did not start: otherwise each upload would start
   * another that ends at once. A file's content is never the reason, because a process answers before it gets any of
   * it.
   */
  #start(priority: Priority): DecodeProcess {
    if (this.#clock.nowMs() < this.#notBeforeMs) throw new Fault('decoder.failed', {});
    const process = new DecodeProcess(priority, this.#options);
    const number = ++this.#starts;
    this.#processes.add(process);
    void process.exited.then(() => this.#processes.delete(process));
    void process.startOutcome.then((outcome) => {
      if (outcome === 'answered') this.#backOff.reset();
      // Processes that were started together fail together, and count once.
      if (outcome !== 'failed' || number <= this.#startsAtFailure) return;
      this.#startsAtFailure = this.#starts;
      this.#notBeforeMs = this.#clock.nowMs() + this.#backOff.next();
    });
    return process;
  }

  #release(process: DecodeProcess): void {
    process.markIdle();
    const idle = [...this.#processes].filter(({ state, isDead: dead }) => state === 'idle' && !dead);
    if (this.#closing || idle.length > IDLE_MAX) process.kill();
  }
}

/** One stream's conversation with its process. */
class Channel {
  readonly #process: DecodeProcess;
  readonly #stream: number;
  readonly #open: DecoderRequest;
  readonly #release: () => void;
  #opened: Promise<unknown> | undefined;
  #pending = 0;
  #closing: Promise<void> | undefined;

  constructor(process: DecodeProcess, open: DecoderRequest, release: () => void) {
    this.#process = process;
    this.#stream = process.nextStream();
    this.#open = open;
    this.#release = release;
  }

  /** Yields all audio that one request produces. */
  async *run(request: DecoderRequest): AsyncGenerator<DecodedAudio> {
    for (let next = request; ; next = { kind: 'read' }) {
      const answer = await this.request(next);
      if (answer.kind === 'decoded') yield toDecodedAudio(answer);
      if (!answer.hasMore) return;
    }
  }

  async request(request: DecoderRequest): Promise<SuccessfulAnswer> {
    this.#pending++;
    try {
      this.#opened ??= this.#process.request(this.#stream, this.#open);
      await this.#opened;
      return await this.#process.request(this.#stream, request);
    } catch (error) {
      // A process that ended gives no reason itself.
      if (!this.#process.isDead || !isFault(error) || error.code !== 'audio.format') throw error;
      const got = 'that takes more time or memory to decode than one recording may';
      throw new Fault('audio.format', { got, want: DECODABLE_KINDS }, { cause: error });
    } finally {
      this.#pending--;
    }
  }

  kill(): void {
    this.#process.kill();
  }

  /** Returns the process, or ends it when it is in the middle of a request; resolves when that is done. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    if (this.#pending > 0 || this.#process.isDead) {
      this.#process.kill();
      return this.#process.exited;
    }
    await this.#process.request(this.#stream, { kind: 'close' }).then(this.#release, this.#release);
  }
}

function toDecodedAudio({ sampleRate, channels, samples }: SuccessfulAnswer & { kind: 'decoded' }): DecodedAudio {
  return { sampleRate, channels, bytes: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength) };
}

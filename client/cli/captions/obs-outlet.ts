import type { Caption } from '../../../transcript/caption-assembler.ts';
import { type Block, CaptionPacer, type CaptionPacerOptions } from './core/caption-pacer.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { ObsConnection, ObsRejectedError } from './obs-connection.ts';
import type { Clock, DeliveryResult, Outlet, PrintMessage } from './outlet.ts';

export interface ObsOptions {
  /** `ws://127.0.0.1:4455` */
  readonly url: string;
  readonly password: string | undefined;
  readonly pace: CaptionPacerOptions;
  readonly print: PrintMessage;
  readonly clock: Clock;
}

const NOT_READY = 207;
const NOT_STREAMING = 501;

/** Embeds captions in the stream that OBS sends (CEA-608), so that every viewer can switch them on. */
export class ObsOutlet implements Outlet {
  readonly name = 'OBS';
  readonly #options: ObsOptions;
  readonly #pacer: CaptionPacer;
  readonly #queue: DeliveryQueue<Block>;
  #connection: ObsConnection | undefined;

  constructor(options: ObsOptions) {
    this.#options = options;
    this.#pacer = new CaptionPacer(options.pace);
    this.#queue = new DeliveryQueue({
      ...{ name: this.name, waiting: this.#pacer, print: options.print, clock: options.clock },
      deliver: (block) => this.#deliver(block),
    });
  }

  get waiting(): number {
    return this.#pacer.waiting;
  }

  get failed(): Promise<string> {
    return this.#queue.failed;
  }

  /** Tries to connect to OBS. Resolves with what is wrong, or undefined. */
  async check(): Promise<string | undefined> {
    const error = await this.#connect();
    return error?.text;
  }

  take(caption: Caption): void {
    this.#pacer.add(caption);
    this.#queue.wake();
  }

  async finish(graceMs: number): Promise<void> {
    await this.#queue.finish(graceMs);
    // Clears the screen, where the last caption would stay for ever.
    if (this.#connection?.isOpen === true) await this.#connection.request('SendStreamCaption', { captionText: '' });
    this.#connection?.close();
  }

  async #deliver({ text }: Block): Promise<DeliveryResult> {
    const error = await this.#connect();
    if (error !== undefined) return error;
    const status = await this.#connection!.request('SendStreamCaption', { captionText: text });
    if (status === undefined) return { kind: 'retry', text: 'the connection was lost; trying again.' };
    if (status.result) return { kind: 'sent' };
    if (status.code === NOT_READY) return { kind: 'retry', text: 'it is still starting; trying again.' };
    if (status.code === NOT_STREAMING)
      return { kind: 'refused', text: 'it is not streaming, so captions go nowhere until it does.' };
    return { kind: 'refused', text: `it refused a caption: ${status.comment ?? `status ${status.code}`}.` };
  }

  async #connect(): Promise<Exclude<DeliveryResult, { kind: 'sent' | 'refused' }> | undefined> {
    if (this.#connection?.isOpen === true) return undefined;
    const { url, password, clock } = this.#options;
    try {
      this.#connection = await ObsConnection.open({ url, password, clock });
      return undefined;
    } catch (error) {
      if (error instanceof ObsRejectedError) return { kind: 'failed', text: error.message };
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'ECONNREFUSED' ? 'nobody listens' : message || code;
      const how = 'start OBS and switch on Tools > WebSocket Server Settings';
      return { kind: 'retry', text: `not reached at ${url} (${why}): ${how}; trying again.` };
    }
  }
}

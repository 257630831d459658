import { createHmac } from 'node:crypto';
import type { Caption } from '../../../transcript/caption-assembler.ts';
import { Backlog } from './core/backlog.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { isTransientStatus, retryLater, sendPost } from './http-post.ts';
import type { Clock, DeliveryResult, Outlet, PrintMessage } from './outlet.ts';

export interface WebhookOptions {
  readonly url: string;
  readonly room: string;
  /** Secret for signatures: base64 after `whsec_`, otherwise used as it is. */
  readonly secret: string | undefined;
  readonly print: PrintMessage;
  readonly clock: Clock;
}

/** Most captions that wait for an address that does not answer: a day of speech. Beyond it the oldest are dropped. */
const WAITING_MAX = 10_000;

interface Numbered {
  readonly sequence: number;
  readonly caption: Caption;
}

/** Posts each caption as JSON to an address of the user's, in order, until it is accepted. */
export class WebhookOutlet implements Outlet {
  readonly name = 'webhook';
  readonly #options: WebhookOptions;
  readonly #backlog = new Backlog<Numbered>(WAITING_MAX);
  readonly #queue: DeliveryQueue<Numbered>;
  #sequence = 0;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#queue = new DeliveryQueue({
      ...{ name: this.name, waiting: this.#backlog, print: options.print, clock: options.clock },
      deliver: (numbered, signal) => this.#deliver(numbered, signal),
    });
  }

  get failed(): Promise<string> {
    return this.#queue.failed;
  }

  take(caption: Caption): void {
    this.#backlog.add({ sequence: ++this.#sequence, caption });
    this.#queue.wake();
  }

  finish(graceMs: number): Promise<void> {
    return this.#queue.finish(graceMs);
  }

  async #deliver({ sequence, caption }: Numbered, signal: AbortSignal): Promise<DeliveryResult> {
    const { url, room, secret, clock } = this.#options;
    const { text: transcript, ...rest } = caption;
    const body = JSON.stringify({ transcript, sequence, room, ...rest });
    const id = toCaptionId(room, caption);
    const headers = {
      ...{ 'content-type': 'application/json', 'idempotency-key': id, 'webhook-id': id },
      ...(secret === undefined ? {} : signWebhook(body, { id, secret, nowMs: clock.nowMs() })),
    };
    const answer = await sendPost({ url, headers, body }, signal);
    if (typeof answer === 'string') return retryLater(`not reached (${answer}); trying again.`);
    const { status, retryAfterMs } = answer;
    // 409: the receiver has this caption already.
    if ((status >= 200 && status < 300) || status === 409) return { kind: 'sent' };
    if (isTransientStatus(status)) return retryLater(`it answers with status ${status}; trying again.`, retryAfterMs);
    if (status >= 300 && status < 400)
      return { kind: 'failed', text: `it sends elsewhere (status ${status}); give the address itself.` };
    if ([401, 403, 404, 405, 410].includes(status))
      return { kind: 'failed', text: `it refuses to be posted to (status ${status}); look at its address and secret.` };
    return { kind: 'refused', text: `it refused a caption (status ${status}).` };
  }
}

/** Id of a caption, the same in every run, so that receivers can detect duplicates. */
const toCaptionId = (room: string, { session, channel, sentence, language }: Caption): string =>
  `${room}.${session}.${channel}.${sentence}.${language}`;

/** Signs id, time and body as the Standard Webhooks specification requires. Returns the headers. */
export function signWebhook(
  body: string,
  { id, secret, nowMs }: { readonly id: string; readonly secret: string; readonly nowMs: number },
): Record<string, string> {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
  const seconds = String(Math.floor(nowMs / 1_000));
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
}

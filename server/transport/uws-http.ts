import { STATUS_CODES } from 'node:http';
import { waitForNextTurn } from './next-turn.ts';
import { PieceBuffer } from './piece-buffer.ts';
import type { HttpRequest, HttpResponse } from './uws-library.ts';

/** Body bytes waiting for their reader before the client is not read on. */
const BODY_BYTES_HELD = 1_048_576;
/**
 * Chunks of one body in one turn of the event loop, each a call from the library; a client that sends more is cut off. The
 * library takes 512 KiB of a socket at once: these are chunks of less than 32 bytes, sent as fast as they are taken.
 */
const TURN_CHUNKS_MAX = 16_384;

/** Statuses of answers that have no body, and say nothing of its length either (RFC 9110, 8.6). */
const WITHOUT_BODY: readonly number[] = [204, 304];

/** What a request needs to know of its connection. */
interface Leaving {
  /** Told what to call then. */
  readonly onLost: (tell: () => void) => void;
  readonly signal: AbortSignal;
  /** Whether the response is still there: the library throws when one that has ended is touched. */
  readonly isThere: () => boolean;
  /** Runs what the library calls back for this request. */
  readonly run: (callback: () => void) => void;
}

/**
 * A fetch-style request over the library's callbacks. Undefined when it has a method, path or header that a handler cannot
 * be given: the library's own parser lets more pass.
 */
export function readRequest(
  response: HttpResponse,
  request: HttpRequest,
  { signal, ...body }: Leaving,
): Request | undefined {
  const method = request.getMethod().toUpperCase();
  const query = request.getQuery();
  const path = request.getUrl();
  try {
    const headers = new Headers();
    request.forEach((name, value) => {
      headers.append(name, value);
    });
    // Only the path counts; the host header is the gateway's to judge.
    const url = new URL((path.startsWith('/') ? path : '/') + (query ? `?${query}` : ''), 'http://localhost');
    const head = { method, headers, signal };
    const bare = new Request(url, head);
    if (method === 'GET' || method === 'HEAD') return bare;
    return new Request(url, { ...head, body: bodyOf(response, body), duplex: 'half' } as RequestInit);
  } catch {
    return undefined;
  }
}

/**
 * The body in pieces: what comes within a turn of the event loop is one. A client may send each byte as a chunk of its own,
 * and every piece takes its way through all the streams behind this one.
 */
function bodyOf(response: HttpResponse, { onLost, isThere, run }: Omit<Leaving, 'signal'>): ReadableStream<Uint8Array> {
  const arrived = new PieceBuffer();
  let paused = false;
  let over = false;
  let planned = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onLost(() => {
          if (!over) controller.error(new Error('the client went away'));
          over = true;
        });
        const handOver = (): void => {
          planned = false;
          const piece = arrived.take();
          if (!over && piece.length > 0) controller.enqueue(piece);
        };
        const take = (chunk: ArrayBuffer, isLast: boolean): void => {
          if (over) return;
          if (!isThere()) {
            over = true;
            return controller.error(new Error('the request has been answered'));
          }
          if (!planned) setImmediate(() => run(handOver));
          planned = true;
          // The library takes the memory back when this returns.
          if (arrived.add(new Uint8Array(chunk)) > TURN_CHUNKS_MAX) return void response.close();
          if (isLast) {
            handOver();
            over = true;
            return controller.close();
          }
          if (!paused && (controller.desiredSize ?? 0) <= arrived.length) {
            paused = true;
            response.pause();
          }
        };
        response.onData((chunk, isLast) => run(() => take(chunk, isLast)));
      },
      pull() {
        if (!paused || over || !isThere()) return;
        paused = false;
        response.resume();
      },
      cancel() {
        // Nobody reads on; what still comes is let pass, so that the answer can be sent.
        if (paused && !over && isThere()) response.resume();
        over = true;
      },
    },
    { highWaterMark: BODY_BYTES_HELD, size: (chunk) => chunk.byteLength },
  );
}

/**
 * Sends an answer, waiting for a slow reader between its chunks. Rejects when the answer itself breaks off, but not when
 * the client leaves.
 */
export async function writeResponse(
  response: HttpResponse,
  answer: Response,
  client: { readonly gone: () => boolean; readonly head?: boolean },
): Promise<void> {
  const reader = answer.body?.getReader();
  try {
    const first = await reader?.read();
    if (client.gone()) return;
    // Most answers are one chunk; those get a content-length. One that grows must not wait for its second.
    const coming = first === undefined || first.done ? undefined : reader?.read();
    // Should nobody wait for it any more: where it is waited for, it still fails.
    coming?.catch(() => {});
    const second = coming && (await Promise.race([coming, waitForNextTurn()]));
    if (client.gone()) return;
    const whole = coming === undefined || second?.done === true;
    response.cork(() => {
      response.writeStatus(`${answer.status} ${answer.statusText || STATUS_CODES[answer.status]}`);
      for (const [name, value] of answer.headers)
        if (name !== 'content-length' && name !== 'transfer-encoding') response.writeHeader(name, value);
      const body = first?.value ?? new Uint8Array();
      const isBodiless = WITHOUT_BODY.includes(answer.status);
      // Given the length, the library would wait for the body and close the connection at the next request.
      if (client.head && !isBodiless) response.writeHeader('content-length', String(body.byteLength));
      if (client.head || isBodiless) response.endWithoutBody();
      else if (whole) response.end(body);
      else response.write(body);
    });
    if (client.head || whole) return;
    let chunk: { readonly done?: boolean; readonly value?: Uint8Array } | undefined = second ?? (await coming);
    while (chunk !== undefined && !chunk.done) {
      if (client.gone()) return;
      await write(response, chunk.value!, client.gone);
      chunk = await reader?.read();
    }
    if (!client.gone()) response.cork(() => response.end());
  } catch (error) {
    if (client.gone()) return;
    // The answer broke off while it was made; a cut connection is the only honest end of a half-sent body.
    response.close();
    throw error;
  } finally {
    await reader?.cancel().catch(() => {
      // It had failed already; that was handled above.
    });
  }
}

/** Resolves when the chunk is taken and there is room for the next. */
function write(response: HttpResponse, chunk: Uint8Array, gone: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    let room = true;
    response.cork(() => {
      room = response.write(chunk);
    });
    if (room || gone()) return resolve();
    response.onWritable(() => {
      resolve();
      return true;
    });
    // A client that goes away writes no more; look again, for the library tells only one listener.
    const watch = setInterval(() => {
      if (!gone()) return;
      clearInterval(watch);
      resolve();
    }, 1_000);
    watch.unref();
  });
}

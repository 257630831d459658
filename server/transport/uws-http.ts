import { STATUS_CODES } from 'node:http';
import { waitForNextTurn } from './next-turn.ts';
import { PieceBuffer } from './piece-buffer.ts';
import type { HttpRequest, HttpResponse } from './uws-library.ts';

/** Body bytes that may wait for their reader before the client is no longer read. */
const BODY_BYTES_HELD = 1_048_576;
/**
 * Chunks of one body per turn of the event loop, each of which is a call from the library; a client that sends more is
 * cut off. The library reads 512 KiB of a socket at once: these are chunks of less than 32 bytes, sent as fast as they
 * are accepted.
 */
const TURN_CHUNKS_MAX = 16_384;

/** Statuses of responses that have no body, and whose length is not sent either (RFC 9110, 8.6). */
const BODILESS_STATUSES: readonly number[] = [204, 304];

/** What a request needs to know about its connection. */
interface ClientConnection {
  /** Registers a callback for the loss of the connection. */
  readonly onLost: (listener: () => void) => void;
  readonly signal: AbortSignal;
  /** Whether the response is still usable: the library throws when one that has ended is touched. */
  readonly isOpen: () => boolean;
  /** Runs the library's callbacks for this request. */
  readonly run: (callback: () => void) => void;
}

/**
 * Converts the library's callbacks to a fetch-style request. Undefined when its method, path or header is one that no
 * handler can be given: the library's own parser is more lenient.
 */
export function readRequest(
  response: HttpResponse,
  request: HttpRequest,
  { signal, ...body }: ClientConnection,
): Request | undefined {
  const method = request.getMethod().toUpperCase();
  const query = request.getQuery();
  const path = request.getUrl();
  try {
    const headers = new Headers();
    request.forEach((name, value) => {
      headers.append(name, value);
    });
    // Only the path counts; the gateway checks the host header.
    const url = new URL((path.startsWith('/') ? path : '/') + (query ? `?${query}` : ''), 'http://localhost');
    const requestInit = { method, headers, signal };
    const withoutBody = new Request(url, requestInit);
    if (method === 'GET' || method === 'HEAD') return withoutBody;
    return new Request(url, { ...requestInit, body: createBody(response, body), duplex: 'half' } as RequestInit);
  } catch {
    return undefined;
  }
}

/**
 * The body in pieces: everything that arrives within a turn of the event loop is one piece. A client may send each byte
 * as a chunk of its own, and every piece passes through all the streams behind this one.
 */
function createBody(
  response: HttpResponse,
  { onLost, isOpen, run }: Omit<ClientConnection, 'signal'>,
): ReadableStream<Uint8Array> {
  const arrived = new PieceBuffer();
  let isPaused = false;
  let isOver = false;
  let isScheduled = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onLost(() => {
          if (!isOver) controller.error(new Error('the client went away'));
          isOver = true;
        });
        const deliver = (): void => {
          isScheduled = false;
          const piece = arrived.takePiece();
          if (!isOver && piece.length > 0) controller.enqueue(piece);
        };
        const onChunk = (chunk: ArrayBuffer, isLast: boolean): void => {
          if (isOver) return;
          if (!isOpen()) {
            isOver = true;
            return controller.error(new Error('the request has been answered'));
          }
          if (!isScheduled) setImmediate(() => run(deliver));
          isScheduled = true;
          // The library reuses the memory when this returns.
          if (arrived.add(new Uint8Array(chunk)) > TURN_CHUNKS_MAX) return void response.close();
          if (isLast) {
            deliver();
            isOver = true;
            return controller.close();
          }
          if (!isPaused && (controller.desiredSize ?? 0) <= arrived.length) {
            isPaused = true;
            response.pause();
          }
        };
        response.onData((chunk, isLast) => run(() => onChunk(chunk, isLast)));
      },
      pull() {
        if (!isPaused || isOver || !isOpen()) return;
        isPaused = false;
        response.resume();
      },
      cancel() {
        // Nobody reads on; what still arrives is discarded, so that the response can be sent.
        if (isPaused && !isOver && isOpen()) response.resume();
        isOver = true;
      },
    },
    { highWaterMark: BODY_BYTES_HELD, size: (chunk) => chunk.byteLength },
  );
}

/**
 * Sends a response, waiting for a slow reader between its chunks. Rejects when the response itself breaks off, but not
 * when the client leaves.
 */
export async function writeResponse(
  response: HttpResponse,
  answer: Response,
  options: { readonly isGone: () => boolean; readonly isHead?: boolean },
): Promise<void> {
  const reader = answer.body?.getReader();
  try {
    const first = await reader?.read();
    if (options.isGone()) return;
    // Most responses are one chunk, and get a content-length. A streamed one must not wait for its second chunk.
    const next = first === undefined || first.done ? undefined : reader?.read();
    // Prevents an unhandled rejection; where the promise is awaited, it still fails.
    next?.catch(() => {});
    const second = next && (await Promise.race([next, waitForNextTurn()]));
    if (options.isGone()) return;
    const isComplete = next === undefined || second?.done === true;
    response.cork(() => {
      response.writeStatus(`${answer.status} ${answer.statusText || STATUS_CODES[answer.status]}`);
      for (const [name, value] of answer.headers)
        if (name !== 'content-length' && name !== 'transfer-encoding') response.writeHeader(name, value);
      const body = first?.value ?? new Uint8Array();
      const isBodiless = BODILESS_STATUSES.includes(answer.status);
      // Given the length, the library would wait for the body and close the connection at the next request.
      if (options.isHead && !isBodiless) response.writeHeader('content-length', String(body.byteLength));
      if (options.isHead || isBodiless) response.endWithoutBody();
      else if (isComplete) response.end(body);
      else response.write(body);
    });
    if (options.isHead || isComplete) return;
    let chunk: { readonly done?: boolean; readonly value?: Uint8Array } | undefined = second ?? (await next);
    while (chunk !== undefined && !chunk.done) {
      if (options.isGone()) return;
      await writeChunk(response, chunk.value!, options.isGone);
      chunk = await reader?.read();
    }
    if (!options.isGone()) response.cork(() => response.end());
  } catch (error) {
    if (options.isGone()) return;
    // The response broke off while it was produced; a cut connection is the only honest end of a half-sent body.
    response.close();
    throw error;
  } finally {
    await reader?.cancel().catch(() => {
      // It had failed already; that was handled above.
    });
  }
}

/** Resolves when the chunk is accepted and there is room for the next. */
function writeChunk(response: HttpResponse, chunk: Uint8Array, isGone: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    let hasRoom = true;
    response.cork(() => {
      hasRoom = response.write(chunk);
    });
    if (hasRoom || isGone()) return resolve();
    response.onWritable(() => {
      resolve();
      return true;
    });
    // A client that leaves never becomes writable; poll for that, because the library notifies only one listener.
    const poll = setInterval(() => {
      if (!isGone()) return;
      clearInterval(poll);
      resolve();
    }, 1_000);
    poll.unref();
  });
}

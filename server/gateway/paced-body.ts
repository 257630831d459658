import type { Clock } from '../ports/clock.ts';

/** Bytes that a reader is given at once. */
const PIECE_BYTES = 65_536;
/** A reader that takes nothing for this long is cut off, ms. */
const STALL_MS = 30_000;

/**
 * Creates a response body that is handed out as its reader takes it. `over` is called exactly once: when all is taken, when the
 * reader disconnects, or when it takes nothing for 30 s.
 */
export function createPacedBody(bytes: Uint8Array, clock: Clock, over: () => void): ReadableStream<Uint8Array> {
  let at = 0;
  let stall: Disposable | undefined;
  const end = (): void => {
    stall?.[Symbol.dispose]();
    stall = undefined;
    at = bytes.length;
    over();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stall = clock.setTimer(STALL_MS, () => fail(controller));
      },
      pull(controller) {
        stall?.[Symbol.dispose]();
        const piece = bytes.subarray(at, at + PIECE_BYTES);
        at += piece.length;
        if (piece.length > 0) controller.enqueue(piece);
        if (at < bytes.length) {
          stall = clock.setTimer(STALL_MS, () => fail(controller));
          return;
        }
        controller.close();
        end();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );

  function fail(controller: ReadableStreamDefaultController<Uint8Array>): void {
    controller.error(new Error(`an answer was not read for ${STALL_MS / 1_000} s`));
    end();
  }
}

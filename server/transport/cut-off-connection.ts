import type { Socket } from 'node:net';

/** Node's HTTP parser of a connection, which is undocumented: it holds a callback under each of some numbers. */
interface Parser {
  [event: number]: unknown;
  /** Defines the numbers by name. */
  readonly constructor: object;
}

/** The callbacks a parser invokes for each request and each chunk of a read. It skips those that are not functions. */
const CALLBACKS = ['kOnHeaders', 'kOnHeadersComplete', 'kOnBody', 'kOnMessageComplete'];

/**
 * Ends a request's connection, and the parsing of the read that brought it. Destroying the socket is not enough: Node
 * parses its read to the end and calls back for each of the thousands of chunks or requests in it. Nor does pausing the
 * parser help, since that takes effect at its next read.
 */
export function cutOffConnection(socket: Socket): void {
  const { parser } = socket as { readonly parser?: Parser | null };
  if (parser) removeCallbacks(parser, socket);
  socket.destroy();
}

function removeCallbacks(parser: Parser, socket: Socket): void {
  const numbers = new Map(Object.entries(Object.getOwnPropertyDescriptors(parser.constructor)));
  for (const name of CALLBACKS) {
    const number: unknown = numbers.get(name)?.value;
    if (typeof number !== 'number' || typeof parser[number] !== 'function') continue;
    const callback = parser[number];
    parser[number] = undefined;
    // On 'close', Node reuses the parser for another connection: its callbacks must be back before that.
    socket.prependOnceListener('close', () => {
      parser[number] = callback;
    });
  }
}

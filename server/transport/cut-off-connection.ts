import type { Socket } from 'node:net';

/** Node's parser of a connection, which it does not document: a callback under each of some numbers. */
interface Parser {
  [event: number]: unknown;
  /** Has the numbers by their names. */
  readonly constructor: object;
}

/** What a parser calls back for each request and each chunk in a read. It passes over those that are no functions. */
const CALLBACKS = ['kOnHeaders', 'kOnHeadersComplete', 'kOnBody', 'kOnMessageComplete'];

/**
 * Ends the connection of a request, and what is done with the rest of the read that brought it. A destroyed socket alone
 * does not: Node parses its read to the end, and calls back for each of the thousands of chunks or requests in there. Nor
 * does a paused parser, which heeds that at its next read.
 */
export function cutOffConnection(socket: Socket): void {
  const { parser } = socket as { readonly parser?: Parser | null };
  if (parser) silence(parser, socket);
  socket.destroy();
}

function silence(parser: Parser, socket: Socket): void {
  const numbers = new Map(Object.entries(Object.getOwnPropertyDescriptors(parser.constructor)));
  for (const name of CALLBACKS) {
    const number: unknown = numbers.get(name)?.value;
    if (typeof number !== 'number' || typeof parser[number] !== 'function') continue;
    const callback = parser[number];
    parser[number] = undefined;
    // On 'close', Node keeps the parser for another connection: it must be whole before.
    socket.prependOnceListener('close', () => {
      parser[number] = callback;
    });
  }
}

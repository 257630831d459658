// A server in a process of its own for `transport`: what serves the sockets, with nothing, an echo or sessions behind it.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import type { TransportHandler } from '../../server/ports/transport.ts';
import { openScriptedServer, script, uws, ws } from '../support/scripted-server.ts';

/** Frames of audio between two answers: an `ack` comes about once a second. */
const ANSWER_EVERY = 10;

/** Answers every tenth frame, as a session does, and does nothing else. */
const echo: TransportHandler = {
  handleUpgrade: () =>
    Promise.resolve({
      kind: 'accept',
      subprotocol: undefined,
      open: (connection) => {
        let frames = 0;
        return {
          message: (frame) => {
            if (typeof frame !== 'string' && ++frames % ANSWER_EVERY === 0) connection.send('{"type":"ack"}');
          },
          drained: () => {},
          close: () => {},
        };
      },
    }),
  handleRequest: () => Promise.resolve(new Response('')),
};

async function open(kind: string): Promise<number> {
  switch (kind) {
    case 'control':
      return control();
    case 'ws echo':
    case 'uws echo':
      return (await (kind.startsWith('uws') ? uws : ws)(echo, console.error)).listen('127.0.0.1', 0);
    default: {
      // A second of speech in four, for the ten minutes nobody runs this for.
      const words = Array.from({ length: 150 }, (_, i) => script('So it goes.', i * 4 + 0.1)).flat();
      const server = await openScriptedServer(words, 10_000, { transport: kind.startsWith('uws') ? uws : ws });
      return Number(new URL(server.url).port);
    }
  }
}

/** Nothing of ours: `ws` as its documentation shows it. */
function control(): Promise<number> {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    let frames = 0;
    socket.on('message', (_, isBinary) => {
      if (isBinary && ++frames % ANSWER_EVERY === 0) socket.send('{"type":"ack"}');
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}

process.send?.({ url: `ws://127.0.0.1:${await open(process.argv[2] ?? 'control')}/v1/stream` });
process.once('disconnect', () => process.exit(0));

// A server in a process of its own for `viewers`: Sotto with a scripted engine, or nothing but a loop over `ws`.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { openScriptedServer, script, uws, ws } from '../support/scripted-server.ts';

/** Six words and a breath, again and again. */
const SENTENCES = 200;
const EVERY_SECONDS = 3;

async function sotto(transport: typeof ws): Promise<number> {
  const words = Array.from({ length: SENTENCES }, (_, i) =>
    script(`And this is what sentence ${i} says.`, i * EVERY_SECONDS + 0.2),
  ).flat();
  const server = await openScriptedServer(words, 10_000, { transport });
  return Number(new URL(server.url).port);
}

/** What one connection says is told to it and then to all others, as `ws`'s documentation shows it. */
function control(): Promise<number> {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    // As the first event of a room.
    socket.send('{"type":"room","cursor":0}');
    socket.on('message', (data) => {
      const text = String(data);
      socket.send(text);
      for (const each of sockets.clients) if (each !== socket) each.send(text);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}

const kind = process.argv[2] ?? 'ws';
process.send?.({ port: await (kind === 'control' ? control() : sotto(kind === 'uws' ? uws : ws)) });
process.once('disconnect', () => process.exit(0));

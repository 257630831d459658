import { createServer, connect as dial, type Socket } from 'node:net';

export interface CuttingProxy {
  readonly url: string;
  readonly cuts: number;
  close(): Promise<void>;
}

/**
 * A TCP proxy that cuts connections in the middle of a byte stream, `cutsMax` times: `budget` says after how many bytes
 * of one direction. The first connection may get through its handshake, for before `ready` there is nothing to resume.
 */
export async function openCuttingProxy(
  target: string,
  options: { readonly cutsMax: number; budget(): { readonly up: number; readonly down: number } },
): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let cuts = 0;
  let connections = 0;
  const server = createServer((client) => {
    const upstream = dial(Number(port), hostname);
    const first = connections++ === 0 ? 2_000 : 0;
    const { up, down } = options.budget();
    const pair = [client, upstream] as const;
    const end = (): void => {
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    const carry = (from: Socket, to: Socket, most: number): void => {
      let left = most;
      from.on('data', (chunk: Buffer) => {
        if (cuts >= options.cutsMax || chunk.length <= left) {
          left -= chunk.length;
          to.write(chunk);
          return;
        }
        cuts++;
        // What lies before the cut arrives, or not: a reset may overtake it.
        to.write(chunk.subarray(0, left), () => end());
        from.pause();
      });
    };
    carry(client, upstream, up + first);
    carry(upstream, client, down + first);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    get cuts() {
      return cuts;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

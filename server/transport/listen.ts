import type { Server } from 'node:net';
import { Fault } from '../../protocol/index.ts';

/** Listens there and gives the port, the system's choice for port 0. Throws `server.listen` when it cannot be had. */
export function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const problem = error.code === 'EADDRINUSE' ? 'the port is taken' : (error.code ?? error.message);
      reject(new Fault('server.listen', { host, port, problem }, { cause: error }));
    });
    server.listen(port, host, () => resolve((server.address() as { port: number }).port));
  });
}

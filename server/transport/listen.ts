import type { Server } from 'node:net';
import { Fault } from '../../protocol/index.ts';

/**
 * Listens and returns the port; port 0 lets the system choose. Rejects with `server.listen` when the port is
 * unavailable.
 */
export function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const problem = error.code === 'EADDRINUSE' ? 'the port is taken' : (error.code ?? error.message);
      reject(new Fault('server.listen', { host, port, problem }, { cause: error }));
    });
    server.listen(port, host, () => resolve((server.address() as { port: number }).port));
  });
}

import { connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';

/** TLS in front of a port, for clients that speak nothing else. Its certificate is signed by nobody. */
export async function openTlsProxy(port: number): Promise<{ readonly port: number; close(): void }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const open = new Set<TLSSocket>();
  const server = createServer({ key, cert }, (socket) => {
    const inner = connect(port, '127.0.0.1');
    open.add(socket);
    socket.on('close', () => {
      open.delete(socket);
      inner.destroy();
    });
    socket.on('error', () => inner.destroy());
    inner.on('error', () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

import { request } from 'node:https';
import { connect } from 'node:net';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { selfSignedCertificate } from '../../server/transport/certificate.ts';
import { until } from '../support/until.ts';
import { closeOf, FRAME_BYTES_MAX, type Make, next, stand } from './transport.ts';

/** What changes when a transport speaks TLS, and what must not. The rest is the same code as without. */
export function tlsContract(t: Test, make: Make): void {
  const open = async (t: Test, heard?: Parameters<typeof stand>[2]) => {
    const certificate = await selfSignedCertificate(t.testdir({}), '127.0.0.1', Date.now());
    const place = await stand(t, make, heard, { certificate });
    const get = (path: string, method = 'GET'): Promise<{ status: number; body: string }> =>
      new Promise((resolve, reject) => {
        const options = { port: place.port, host: '127.0.0.1', path, method, ca: certificate.cert, agent: false };
        const asking = request(options, (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode!, body }));
        });
        asking.on('error', reject);
        asking.end();
      });
    return { ...place, get, certificate };
  };

  t.test('over TLS, frames of both kinds come and go whole, also large ones', async (t) => {
    const { dial, story } = await open(t, (frame, connection) => connection.send(frame));
    const socket = await dial();
    for (const frame of ['{"a":"ü€😀"}', new Uint8Array([0, 255, 7]), new Uint8Array(FRAME_BYTES_MAX).fill(9)]) {
      const echo = next(socket);
      socket.send(frame);
      t.ok(Buffer.from(frame as string).equals(await echo));
    }
    const closed = closeOf(socket);
    socket.close(4001);
    await closed;
    await until(() => story.length === 4);
    t.equal(story.at(-1), 'close 4001');
  });

  t.test('over TLS, HTTP is answered whole and a refusal keeps its status', async (t) => {
    const { get, port, certificate } = await open(t);
    t.match(JSON.parse((await get('/p?q=1')).body), { path: '/p?q=1', remoteAddress: '127.0.0.1' });
    t.equal((await get('/long')).body.length, 4_000_000);
    const refused = new WebSocket(`wss://127.0.0.1:${port}/refused`, { ca: certificate.cert });
    const status = await new Promise((resolve) =>
      refused.once('unexpected-response', (asking, response) => {
        resolve(response.statusCode);
        asking.destroy();
      }),
    );
    t.equal(status, 401);
  });

  t.test('over TLS, a client that does not trust the certificate is not connected', async (t) => {
    const { port, requests } = await open(t);
    const stranger = new WebSocket(`wss://127.0.0.1:${port}/`);
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => stranger.once('error', resolve));
    t.match(error.code, /SELF_SIGNED/);
    t.same(requests, []);
  });

  t.test('who speaks plain text or rubbish where TLS is wanted disturbs nobody', async (t) => {
    const { port, dial, requests } = await open(t, (frame, connection) => connection.send(frame));
    for (const words of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\x16\x03\x01\xff\xffnonsense', '\0'.repeat(70_000)]) {
      const rude = connect(port, '127.0.0.1');
      rude.on('error', () => {});
      rude.resume();
      rude.end(Buffer.from(words, 'latin1'));
      await new Promise((resolve) => rude.once('close', resolve));
    }
    t.same(requests, []);
    const socket = await dial();
    const echo = next(socket);
    socket.send('still here');
    t.equal(String(await echo), 'still here');
  });

  t.test('over TLS, closing tells live connections 1012', async (t) => {
    const { transport, dial } = await open(t);
    const closed = closeOf(await dial());
    await transport.close();
    t.equal((await closed)[0], 1012);
  });
}

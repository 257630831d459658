import { connect } from 'node:net';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { isFault } from '../../protocol/index.ts';
import type { ReportBug } from '../../server/ports/bug.ts';
import type {
  Connection,
  ConnectionHandler,
  OpenRequest,
  Transport,
  TransportHandler,
} from '../../server/ports/transport.ts';
import type { Certificate } from '../../server/transport/certificate.ts';
import { simulateDelay, staysTrue, until, untilSettled } from '../support/until.ts';

export interface TransportLimits {
  readonly frameBytesMax: number;
  readonly pingEveryMs: number;
  readonly closeTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly handshakesMax: number;
  readonly certificate?: Certificate | undefined;
}
export type Make = (handler: TransportHandler, limits: TransportLimits, reportBug: ReportBug) => Promise<Transport>;
type Heard = (frame: string | Uint8Array, connection: Connection) => void;

export const FRAME_BYTES_MAX = 100_000;
export const SMALL_LIMITS: TransportLimits = {
  frameBytesMax: FRAME_BYTES_MAX,
  pingEveryMs: 30_000,
  closeTimeoutMs: 10_000,
  headersTimeoutMs: 10_000,
  handshakesMax: 100,
};

/** A transport with a handler that writes down what it is told. */
export async function stand(t: Test, make: Make, heard: Heard = () => {}, limits: Partial<TransportLimits> = {}) {
  const story: (string | Uint8Array)[] = [];
  const connections: Connection[] = [];
  const requests: OpenRequest[] = [];
  const left: AbortSignal[] = [];
  /** Of all bodies that are sent to /pieces. */
  const taken = { bytes: 0 };
  let inside = 0;
  const once = (run: () => void): void => {
    // The story shows it: a handler is never called from inside itself.
    if (inside > 0) story.push('called from inside itself');
    inside++;
    run();
    inside--;
  };
  const handler: TransportHandler = {
    async handleUpgrade(request) {
      requests.push(request);
      // What is read late must still be there: a transport may not hand out memory that it takes back.
      await new Promise((resolve) => setImmediate(resolve));
      if (request.url.startsWith('/refused')) {
        const body = JSON.stringify({ code: 'auth.missing' });
        return { kind: 'refuse', response: new Response(body, { status: 401, headers: { 'x-why': 'no key' } }) };
      }
      return {
        kind: 'accept',
        subprotocol: request.subprotocols.at(-1),
        open(connection): ConnectionHandler {
          connections.push(connection);
          if (request.url.startsWith('/closed')) once(() => connection.close(1008, 'not you'));
          return {
            message: (frame) =>
              once(() => {
                story.push(frame);
                heard(frame, connection);
              }),
            drained: () => once(() => {}),
            close: (status) => once(() => story.push(`close ${status}`)),
          };
        },
      };
    },
    async handleRequest(request, remoteAddress) {
      const url = new URL(request.url);
      if (url.pathname === '/long') return new Response('x'.repeat(4_000_000));
      if (url.pathname === '/drip')
        return new Response(
          new ReadableStream({
            async start(controller) {
              for (const word of ['one ', 'two ', 'three']) {
                controller.enqueue(new TextEncoder().encode(word));
                await new Promise((resolve) => setImmediate(resolve));
              }
              controller.close();
            },
          }),
        );
      if (url.pathname === '/pieces') {
        let pieces = 0;
        let bytes = 0;
        try {
          for await (const piece of request.body as unknown as AsyncIterable<Uint8Array>) {
            taken.bytes += piece.length;
            pieces++;
            bytes += piece.length;
          }
        } catch {
          story.push(`broke off after ${bytes}`);
        }
        return new Response(JSON.stringify({ pieces, bytes }));
      }
      if (url.pathname === '/asked') story.push('asked');
      if (url.pathname === '/early') {
        const reader = request.body!.getReader();
        await reader.read();
        await reader.cancel();
        return new Response('enough', { status: 413 });
      }
      if (url.pathname === '/never') {
        left.push(request.signal);
        return new Promise(() => {});
      }
      const body = request.method === 'GET' ? '' : await request.text();
      const seen = { method: request.method, path: url.pathname + url.search, bytes: body.length, remoteAddress };
      return new Response(JSON.stringify({ ...seen, header: request.headers.get('x-test') }), {
        status: 201,
        headers: { 'content-type': 'application/json', 'x-answer': 'yes' },
      });
    },
  };
  const transport = await make(handler, { ...SMALL_LIMITS, ...limits }, (error) => t.fail(String(error)));
  t.teardown(() => transport.close());
  const port = await transport.listen('127.0.0.1', 0);
  const dial = (path = '/', protocols: string[] = [], options = {}): Promise<WebSocket> =>
    new Promise((resolve, reject) => {
      const { certificate } = limits;
      const [scheme, trust] = certificate === undefined ? ['ws', {}] : ['wss', { ca: certificate.cert }];
      const socket = new WebSocket(`${scheme}://127.0.0.1:${port}${path}`, protocols, { ...trust, ...options });
      socket.once('open', () => resolve(socket));
      socket.once('error', reject);
    });
  return { transport, port, story, connections, requests, left, taken, dial };
}

export const next = (socket: WebSocket): Promise<Buffer> =>
  new Promise((resolve) => socket.once('message', resolve as never));
export const closeOf = (socket: WebSocket): Promise<[number, string]> =>
  new Promise((resolve) => socket.once('close', (status, reason) => resolve([status, reason.toString()])));
/** What every transport promises; an implementation runs all of it. */
export function transportContract(t: Test, make: Make): void {
  t.test('frames of both kinds come and go whole, in order and unchanged', async (t) => {
    const kept: (string | Uint8Array)[] = [];
    const { dial, story } = await stand(t, make, (frame, connection) => {
      kept.push(frame);
      connection.send(frame);
    });
    const socket = await dial();
    const frames = ['{"a":"ü€😀"}', new Uint8Array([0, 255, 7]), new Uint8Array(FRAME_BYTES_MAX).fill(9), ''];
    for (const frame of frames) {
      const echo = next(socket);
      socket.send(frame);
      const back = await echo;
      t.ok(Buffer.from(frame as string).equals(back));
    }
    t.same(kept.slice(0, 2), frames.slice(0, 2), 'frames are still what they were after later ones came');
    t.equal(story.length, 4);
    const closed = closeOf(socket);
    socket.close(4001, 'bye');
    t.equal((await closed)[0], 4001);
    await until(() => story.length === 5);
    t.equal(story.at(-1), 'close 4001');
  });

  t.test('the request is a snapshot, and the chosen subprotocol is answered', async (t) => {
    const { dial, requests } = await stand(t, make);
    const socket = await dial('/v1/x?a=1&b=%20', ['token', 'secret'], { headers: { 'X-Test': 'Yes' } });
    t.equal(socket.protocol, 'secret');
    t.match(requests[0], { url: '/v1/x?a=1&b=%20', subprotocols: ['token', 'secret'], remoteAddress: '127.0.0.1' });
    t.equal(requests[0]!.headers['x-test'], 'Yes');
    t.equal((await dial('/')).protocol, '', 'none is answered where none was offered');
  });

  t.test('a refusal is an HTTP answer with its status, headers and body', async (t) => {
    const { port, story } = await stand(t, make);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/refused`);
    const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
      socket.once('unexpected-response', (_, response) => resolve(response)),
    );
    t.equal(response.statusCode, 401);
    t.equal(response.headers['x-why'], 'no key');
    let body = '';
    for await (const chunk of response) body += chunk;
    t.same(JSON.parse(body), { code: 'auth.missing' });
    t.same(story, []);
  });

  t.test('a close from inside a handler says its status and is told exactly once, later', async (t) => {
    const { dial, story } = await stand(t, make, (_, connection) => {
      connection.send('last');
      connection.close(1013, 'full');
      connection.close(1000, 'again');
      connection.send('too late');
    });
    const socket = await dial();
    const said: string[] = [];
    socket.on('message', (data) => said.push(String(data)));
    const closed = closeOf(socket);
    socket.send('hello');
    t.same(await closed, [1013, 'full']);
    t.same(said, ['last']);
    await until(() => story.length === 2);
    t.same(story, ['hello', 'close 1013']);
  });

  t.test('a connection can be closed while it opens', async (t) => {
    const { dial, story } = await stand(t, make);
    t.same(await closeOf(await dial('/closed')), [1008, 'not you']);
    await until(() => story.length > 0);
    t.same(story, ['close 1008']);
  });

  t.test('a connection that has ended takes sends, pauses and closes without harm', async (t) => {
    const { dial, story, connections } = await stand(t, make);
    (await dial()).terminate();
    await until(() => story.length > 0);
    const [connection] = connections;
    connection!.send('nobody');
    connection!.pause();
    connection!.resume();
    connection!.close(1000, '');
    t.equal(connection!.queuedBytes, 0);
    t.same(story, ['close 1006']);
  });

  t.test('a paused connection hears nothing until it is resumed, then everything in order', async (t) => {
    const { dial, story, connections } = await stand(t, make, (frame, connection) => {
      if (frame === '0' || frame === '5') connection.pause();
    });
    const socket = await dial();
    for (let i = 0; i < 10; i++) socket.send(String(i));
    await until(() => story.length > 0);
    // What had been read with the first may still come.
    await untilSettled(() => story.length, 30);
    t.equal(story[0], '0');
    const early = story.length;
    for (let i = 10; i < 20; i++) socket.send(String(i));
    await staysTrue(() => story.length === early, 30);
    connections[0]!.resume();
    await until(() => story.includes('5'));
    connections[0]!.resume();
    await until(() => story.length === 20);
    t.same(
      story,
      Array.from({ length: 20 }, (_, i) => String(i)),
    );
  });

  t.test('what was sent before the peer left is heard before its leaving', async (t) => {
    const { dial, story, connections } = await stand(t, make, (frame, connection) => {
      if (frame === '0') connection.pause();
    });
    const socket = await dial();
    for (let i = 0; i < 5; i++) socket.send(String(i));
    socket.close(1000);
    await until(() => story.length > 0);
    // The peer's leaving arrives while nothing is read.
    await simulateDelay(30);
    connections[0]!.resume();
    await until(() => story.some((line) => String(line).startsWith('close')));
    t.same(story, ['0', '1', '2', '3', '4', 'close 1000']);
  });

  for (const leave of ['close', 'terminate'] as const)
    t.test(`a paused connection that is closed after its peer has left (${leave}) is told of its end`, async (t) => {
      const { dial, story, connections } = await stand(t, make, (frame, connection) => {
        if (frame === '0') connection.pause();
      });
      const socket = await dial();
      for (let i = 0; i < 5; i++) socket.send(String(i));
      await until(() => story.length > 0);
      socket[leave]();
      // Its leaving arrives while nothing is read.
      await simulateDelay(30);
      connections[0]!.close(1008, 'no longer');
      await until(() => story.some((line) => String(line).startsWith('close')));
      connections[0]!.close(1008, 'again');
      connections[0]!.resume();
      await staysTrue(() => story.filter((line) => String(line).startsWith('close')).length === 1, 30);
      t.match(story.at(-1), /^close/, 'and nothing after that');
    });

  t.test('a frame over the limit ends the connection with 1009', async (t) => {
    const { dial, story } = await stand(t, make);
    const socket = await dial();
    const closed = closeOf(socket);
    socket.send(new Uint8Array(FRAME_BYTES_MAX + 1));
    t.equal((await closed)[0], 1009);
    await until(() => story.length > 0);
    t.equal(story.length, 1, 'the frame itself is not heard');
  });

  t.test('what a slow reader has not taken counts as queued', async (t) => {
    const { dial, connections } = await stand(t, make);
    const socket = await dial();
    await until(() => connections.length === 1);
    socket.pause();
    for (let i = 0; i < 100; i++) connections[0]!.send(new Uint8Array(100_000));
    t.ok(connections[0]!.queuedBytes > 1_000_000);
    socket.resume();
    await until(() => connections[0]!.queuedBytes === 0);
  });

  t.test('a peer that answers no ping is let go', async (t) => {
    const { story, port, connections } = await stand(t, make, () => {}, { pingEveryMs: 30 });
    const mute = connect(port, '127.0.0.1');
    mute.on('error', () => {});
    mute.write(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await until(() => connections.length === 1 && story.length === 1);
    t.same(story, ['close 1006']);
    mute.destroy();
  });

  t.test('a peer that answers pings stays, however quiet', async (t) => {
    const { story, dial } = await stand(t, make, () => {}, { pingEveryMs: 250 });
    const socket = await dial();
    let pings = 0;
    socket.on('ping', () => pings++);
    await until(() => pings >= 3 || story.length > 0);
    t.same(story, []);
  });

  t.test('HTTP on the same port has method, query, headers, body and address', async (t) => {
    const { port } = await stand(t, make);
    const url = `http://127.0.0.1:${port}`;
    const got = await fetch(`${url}/p?q=1`, { headers: { 'x-test': 'a' } });
    t.equal(got.status, 201);
    t.equal(got.headers.get('x-answer'), 'yes');
    t.same(await got.json(), { method: 'GET', path: '/p?q=1', bytes: 0, remoteAddress: '127.0.0.1', header: 'a' });
    const posted = await fetch(url, { method: 'POST', body: 'x'.repeat(3_000_000) });
    t.match(await posted.json(), { method: 'POST', bytes: 3_000_000 });
    t.equal((await (await fetch(`${url}/long`)).text()).length, 4_000_000);
    t.equal(await (await fetch(`${url}/drip`)).text(), 'one two three');
    const head = await fetch(`${url}/drip`, { method: 'HEAD' });
    t.equal(await head.text(), '');
  });

  t.test('an answer given before the body was read arrives, and a client that leaves is heard of', async (t) => {
    const { port, left } = await stand(t, make);
    const early = await fetch(`http://127.0.0.1:${port}/early`, {
      ...{ method: 'POST', body: 'x'.repeat(2_000_000), headers: { connection: 'close' } },
    });
    t.equal(await early.text(), 'enough');
    const leaving = new AbortController();
    const asked = fetch(`http://127.0.0.1:${port}/never`, { method: 'POST', body: 'x', signal: leaving.signal });
    await until(() => left.length === 1);
    leaving.abort();
    await t.rejects(asked);
    await until(() => left[0]!.aborted);
  });

  t.test('a port that is taken is a fault that says so', async (t) => {
    const { port } = await stand(t, make);
    const second = await make({} as TransportHandler, SMALL_LIMITS, () => {});
    const error = await second.listen('127.0.0.1', port).catch((error: unknown) => error);
    t.ok(isFault(error) && error.code === 'server.listen', String(error));
    await second.close();
  });

  t.test('closing tells live connections 1012 and takes no new ones', async (t) => {
    const { transport, port, dial, story } = await stand(t, make);
    const closed = closeOf(await dial());
    const first = transport.close();
    t.equal(transport.close(), first, 'the same promise every time');
    t.equal((await closed)[0], 1012);
    await first;
    await until(() => story.length === 1);
    await t.rejects(fetch(`http://127.0.0.1:${port}/`));
  });
}

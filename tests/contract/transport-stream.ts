import { get, type IncomingMessage } from 'node:http';
import type { Test } from 'tap';
import type { Connection, TransportHandler } from '../../server/ports/transport.ts';
import { until } from '../support/until.ts';
import { type Make, SMALL_LIMITS } from './transport.ts';

/** Bytes that no network between two sockets of one machine holds. */
const MUCH = 'x'.repeat(1_048_576);
const MUCH_TIMES = 24;

/** A transport whose `/stream` goes on; what is given to the connection, and what becomes of it, is the test's. */
async function stand(t: Test, make: Make) {
  const streams: Connection[] = [];
  const closes: number[] = [];
  let more = (): void => {};
  const handler: TransportHandler = {
    handleUpgrade: () => Promise.resolve({ kind: 'refuse', response: new Response('', { status: 404 }) }),
    handleStream: ({ url }) => {
      if (url === '/refused')
        return Promise.resolve({
          kind: 'refuse',
          response: new Response('no', { status: 403, headers: { 'x-why': 'no' } }),
        });
      if (!url.startsWith('/stream')) return undefined;
      return Promise.resolve({
        kind: 'accept',
        headers: { 'content-type': 'text/event-stream', 'x-kind': 'stream' },
        filler: '\n',
        open: (connection) => {
          streams.push(connection);
          connection.send('first\n');
          return { message: () => {}, drained: () => {}, close: (status) => closes.push(status) };
        },
      });
    },
    async handleRequest() {
      const held = new Promise<void>((resolve) => {
        more = resolve;
      });
      const encoder = new TextEncoder();
      return new Response(
        new ReadableStream({
          async start(controller) {
            controller.enqueue(encoder.encode('begun\n'));
            await held;
            controller.enqueue(encoder.encode('ended\n'));
            controller.close();
          },
        }),
      );
    },
  };
  const transport = await make(handler, SMALL_LIMITS, (error) => t.fail(String(error)));
  t.teardown(() => transport.close());
  const port = await transport.listen('127.0.0.1', 0);
  const ask = (path: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path, agent: false }, resolve).once('error', reject);
    });
  return { transport, streams, closes, ask, more: () => more() };
}

const nextOf = (response: IncomingMessage): Promise<string> =>
  new Promise((resolve) => response.once('data', (chunk) => resolve(String(chunk))));

/** What every transport promises of responses that go on. */
export function streamContract(t: Test, make: Make): void {
  t.test('a response that goes on gives each piece as it comes, until the server ends it', async (t) => {
    const { streams, closes, ask } = await stand(t, make);
    const response = await ask('/stream');
    t.equal(response.statusCode, 200);
    t.match(response.headers, { 'content-type': 'text/event-stream', 'x-kind': 'stream' });
    t.equal(await nextOf(response), 'first\n');
    streams[0]!.send('second ä\n');
    t.equal(await nextOf(response), 'second ä\n');
    streams[0]!.close(1012, 'draining');
    streams[0]!.send('too late\n');
    let rest = '';
    for await (const chunk of response) rest += chunk;
    t.equal(rest, '');
    await until(() => closes.length === 1);
  });

  t.test('a reader that leaves is heard of once, and what is sent afterwards is ignored', async (t) => {
    const { streams, closes, ask } = await stand(t, make);
    const response = await ask('/stream');
    response.on('error', () => {});
    await nextOf(response);
    response.destroy();
    await until(() => closes.length === 1);
    streams[0]!.send('nobody\n');
    streams[0]!.close(1000, 'done');
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(closes.length, 1);
    t.equal(streams[0]!.queuedBytes, 0);
  });

  t.test('what a reader does not take is counted, and comes when it reads on', async (t) => {
    const { streams, ask } = await stand(t, make);
    const response = await ask('/stream');
    await nextOf(response);
    response.pause();
    for (let i = 0; i < MUCH_TIMES; i++) streams[0]!.send(MUCH);
    t.ok(streams[0]!.queuedBytes > MUCH.length, `${streams[0]!.queuedBytes} bytes wait`);
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      for (const byte of chunk) if (byte !== 10) bytes++;
    });
    response.resume();
    await until(() => bytes === MUCH.length * MUCH_TIMES);
    await until(() => streams[0]!.queuedBytes === 0);
    t.pass();
  });

  t.test('a response that is refused has its status, and closing the transport ends those that go on', async (t) => {
    const { transport, closes, ask } = await stand(t, make);
    const refused = await ask('/refused');
    t.equal(refused.statusCode, 403);
    t.equal(refused.headers['x-why'], 'no');
    refused.resume();
    const response = await ask('/stream');
    response.resume();
    const ended = new Promise((resolve) => response.once('close', resolve));
    await transport.close();
    await ended;
    await until(() => closes.length === 1);
  });

  t.test('the first piece of an answer that grows does not wait for the second', async (t) => {
    const { ask, more } = await stand(t, make);
    const response = await ask('/grows');
    t.equal(await nextOf(response), 'begun\n');
    more();
    t.equal(await nextOf(response), 'ended\n');
  });
}

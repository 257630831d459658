import { get } from 'node:http';
import { connect } from 'node:net';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import type { Connection, ConnectionHandler, TransportHandler } from '../../server/ports/transport.ts';
import { until, untilSettled } from '../support/until.ts';
import { closeOf, type Make, next, SMALL_LIMITS } from './transport.ts';

/** Where a handler throws. `later` ones reject a promise instead, as an `async` handler does. */
export const BROKEN = ['open', 'message', 'message later', 'drained', 'close', 'close later', 'timer'] as const;
export type Broken = (typeof BROKEN)[number];

/** Bytes that no network between two sockets of one machine holds. */
const MUCH = 'x'.repeat(24 * 1_048_576);

const later = (error: Error): never => Promise.reject(error) as never;

/** A handler that throws where `where` says, and writes down what it is told. Frames are answered. */
export function brokenHandler(connection: Connection, where: string, story: string[]): ConnectionHandler {
  if (where === 'open') throw new Error('open');
  return {
    message: (frame) => {
      story.push(String(frame));
      if (where === 'message') throw new Error('message');
      if (where === 'message later') return later(new Error('message later'));
      if (where === 'timer') setImmediate(() => connection.fail(new Error('timer')));
      else connection.send(where === 'drained' ? MUCH : `got ${String(frame)}`);
    },
    drained: () => {
      story.push('drained');
      if (where === 'drained') throw new Error('drained');
    },
    close: (status) => {
      story.push(`close ${status}`);
      if (where === 'close') throw new Error('close');
      if (where === 'close later') return later(new Error('close later'));
    },
  };
}

/** A transport whose handler breaks where the path says, and what was reported. */
async function stand(t: Test, make: Make) {
  const story: string[] = [];
  const bugs: string[] = [];
  const streams: Connection[] = [];
  const whereOf = (url: string): string => decodeURIComponent(url.split('?')[0]!.slice(1));
  const handler: TransportHandler = {
    handleUpgrade: ({ url }) => {
      const where = whereOf(url);
      if (where === 'upgrade') throw new Error('upgrade');
      if (where === 'upgrade later') return Promise.reject(new Error('upgrade later'));
      const open = (connection: Connection) => brokenHandler(connection, where, story);
      return Promise.resolve({ kind: 'accept', subprotocol: undefined, open });
    },
    handleStream: ({ url }) => {
      const where = whereOf(url);
      if (!where.startsWith('stream')) return undefined;
      if (where === 'stream follow') throw new Error('stream follow');
      if (where === 'stream follow later') return Promise.reject(new Error('stream follow later'));
      return Promise.resolve({
        kind: 'accept',
        headers: {},
        filler: '\n',
        open: (connection) => {
          if (where === 'stream open') throw new Error('stream open');
          streams.push(connection);
          connection.send('first\n');
          return {
            message: () => {},
            drained: () => {},
            close: (status) => {
              story.push(`close ${status}`);
              if (where === 'stream close') throw new Error('stream close');
            },
          };
        },
      });
    },
    handleRequest: (request) => {
      const where = whereOf(new URL(request.url).pathname);
      if (where === 'fetch') throw new Error('fetch');
      if (where === 'fetch later') return Promise.reject(new Error('fetch later'));
      if (where === 'body' || where === 'late body') return Promise.resolve(new Response(brokenBody(where)));
      return Promise.resolve(new Response('fine'));
    },
  };
  const transport = await make(handler, SMALL_LIMITS, (error) => bugs.push((error as Error).message));
  t.teardown(() => transport.close());
  const port = await transport.listen('127.0.0.1', 0);
  const dial = (path = '/'): WebSocket => new WebSocket(`ws://127.0.0.1:${port}${encodeURI(path)}`);
  const bystander = dial();
  await new Promise((resolve) => bystander.once('open', resolve));
  let asked = 0;
  /** Somebody else on the same transport is served as before. */
  const works = async (): Promise<boolean> => {
    const answer = next(bystander);
    const frame = `still ${++asked}`;
    bystander.send(frame);
    const isServed = String(await answer) === `got ${frame}`;
    story.splice(story.indexOf(frame), 1);
    const fresh = await fetch(`http://127.0.0.1:${port}/fine`, { headers: { connection: 'close' } });
    return isServed && (await fresh.text()) === 'fine';
  };
  return { port, story, bugs, streams, dial, works };
}

function brokenBody(where: 'body' | 'late body'): ReadableStream<Uint8Array> {
  let pulls = 0;
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setImmediate(resolve));
      if (where === 'body' || ++pulls > 3) throw new Error(where);
      controller.enqueue(new TextEncoder().encode('part '));
    },
  });
}

/** The status of an answer, or `cut` when the connection ends before the answer does. */
function askOnce(port: number, path: string, method = 'GET'): Promise<number | 'cut'> {
  return new Promise((resolve) => {
    const asking = get({ host: '127.0.0.1', port, path: encodeURI(path), method, agent: false }, (response) => {
      response.on('error', () => resolve('cut'));
      response.on('end', () => resolve(response.complete ? response.statusCode! : 'cut'));
      response.resume();
    });
    asking.on('error', () => resolve('cut'));
  });
}

/** Sends bytes over a connection of their own. Resolves with everything that comes back until it has been quiet for a while. */
async function exchangeBytes(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  socket.write(bytes);
  await until(() => received.includes('\r\n\r\n'));
  await untilSettled(() => received, 200);
  socket.destroy();
  return received;
}

/** What every transport promises of a handler that has a bug: it ends its own connection or request, and nothing else. */
export function bugContract(t: Test, make: Make): void {
  for (const where of ['upgrade', 'upgrade later']) {
    t.test(`a handler that breaks in ${where} is answered with 500, and harms nobody`, async (t) => {
      const { dial, bugs, works } = await stand(t, make);
      const socket = dial(`/${where}`);
      socket.on('error', () => {});
      const status = await new Promise((resolve) =>
        socket.once('unexpected-response', (_, response) => {
          response.resume();
          resolve(response.statusCode);
        }),
      );
      t.equal(status, 500);
      t.same(bugs, [where]);
      t.ok(await works());
    });
  }

  for (const where of ['open', 'message', 'message later', 'drained', 'timer']) {
    t.test(`a handler that breaks in ${where} ends its connection with 1011, and harms nobody`, async (t) => {
      const { dial, story, bugs, works } = await stand(t, make);
      const socket = dial(`/${where}`);
      const closed = closeOf(socket);
      socket.once('open', () => {
        socket.send('one');
        // A promise rejects too late to keep the second from its handler.
        if (where === 'message') socket.send('two');
      });
      t.same(await closed, [1011, 'server.bug']);
      t.same(bugs, [where], 'it is reported once');
      if (where !== 'open') {
        await until(() => story.some((line) => line.startsWith('close')));
        t.same(story.at(-1), 'close 1011', 'its handler hears of the end');
      }
      t.equal(story.filter((line) => line.startsWith('close')).length, where === 'open' ? 0 : 1);
      if (where === 'message') t.notOk(story.includes('two'), 'and gets nothing more');
      t.ok(await works());
    });
  }

  for (const where of ['close', 'close later']) {
    t.test(`a handler that breaks in ${where} is told once, and harms nobody`, async (t) => {
      const { dial, story, bugs, works } = await stand(t, make);
      const socket = dial(`/${where}`);
      await new Promise((resolve) => socket.once('open', resolve));
      socket.close(1000);
      await until(() => bugs.length > 0);
      t.ok(await works());
      t.same(story, ['close 1000']);
      t.same(bugs, [where]);
    });
  }

  for (const where of ['fetch', 'fetch later', 'body', 'stream follow', 'stream follow later']) {
    t.test(`a handler that breaks in ${where} fails its own request`, async (t) => {
      const { port, bugs, works } = await stand(t, make);
      const outcome = await askOnce(port, `/${where}`);
      t.ok(outcome === 500 || (where === 'body' && outcome === 'cut'), String(outcome));
      await until(() => bugs.length > 0);
      t.same(bugs, [where]);
      t.ok(await works());
    });
  }

  t.test('an answer that breaks off when it has begun is cut, so that nobody takes it for whole', async (t) => {
    const { port, bugs, works } = await stand(t, make);
    t.equal(await askOnce(port, '/late body'), 'cut');
    await until(() => bugs.length > 0);
    t.same(bugs, ['late body']);
    t.ok(await works());
  });

  t.test('a response that goes on ends when its handler breaks in open or later', async (t) => {
    const { port, bugs, streams, story, works } = await stand(t, make);
    await askOnce(port, '/stream open');
    t.same(bugs.splice(0), ['stream open']);
    const ended = askOnce(port, '/stream');
    await until(() => streams.length === 1);
    streams[0]!.fail(new Error('stream later'));
    await ended;
    await until(() => story.length > 0);
    t.same(story, ['close 1006'], 'its handler hears of the end once');
    t.same(bugs.splice(0), ['stream later']);
    t.ok(await works());
  });

  t.test('a response that goes on may have a handler that breaks in close', async (t) => {
    const { port, bugs, streams, story, works } = await stand(t, make);
    const ended = askOnce(port, '/stream close');
    await until(() => streams.length === 1);
    streams[0]!.close(1000, 'done');
    await ended;
    await until(() => bugs.length > 0);
    t.same(bugs, ['stream close']);
    t.same(story, ['close 1006']);
    t.ok(await works());
  });

  t.test('a request that no handler can be given is refused, and is no bug', async (t) => {
    const { port, bugs, works } = await stand(t, make);
    for (const [path, method] of [
      ['/x', 'TRACE'],
      ['//[', 'GET'],
      ['//[::1', 'POST'],
    ] as const)
      t.equal(await askOnce(port, path, method), 400, `${method} ${path}`);
    t.same(bugs, []);
    t.ok(await works());
  });

  t.test('a HEAD request that no handler can be given is refused without a body', async (t) => {
    const { port, works } = await stand(t, make);
    const answer = await exchangeBytes(port, 'HEAD //[ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    t.match(answer, /^HTTP\/1\.1 400 /);
    t.equal(answer.slice(answer.indexOf('\r\n\r\n') + 4), '', 'a client would take a body for its next answer');
    t.ok(await works());
  });
}

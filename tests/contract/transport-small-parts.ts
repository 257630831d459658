import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Test } from 'tap';
import { OPCODE, openRawSocket } from '../support/raw-socket.ts';
import { simulateDelay, until } from '../support/until.ts';
import { type Make, stand } from './transport.ts';

const { text, binary, continuation } = OPCODE;

/** What arrives in very small parts costs nobody else a long turn of the event loop, and is whole all the same. */
export function smallPartsContract(t: Test, make: Make): void {
  const head = (start: string, more = ''): string => `${start} HTTP/1.1\r\nhost: 127.0.0.1\r\n${more}\r\n`;

  t.test('a body of single bytes reaches its reader in few pieces', async (t) => {
    const { port } = await stand(t, make);
    const count = 4_000;
    const chunked = head('POST /pieces', 'transfer-encoding: chunked\r\nconnection: close\r\n');
    const { ended, answer } = dialRaw(port, `${chunked}${'1\r\nx\r\n'.repeat(count)}0\r\n\r\n`);
    await until(() => answer().includes('}'));
    const { pieces, bytes } = JSON.parse(/\{.*\}/.exec(answer())![0]) as { pieces: number; bytes: number };
    t.equal(bytes, count);
    t.ok(pieces < count / 100, `${pieces} pieces`);
    await ended;
  });

  t.test('single bytes that come when the answer is out break nothing', async (t) => {
    // A bug that is reported fails the test.
    const { port } = await stand(t, make);
    const chunked = head('POST /drip', 'transfer-encoding: chunked\r\n');
    const { socket, ended, answer } = dialRaw(port, `${chunked}1\r\nx\r\n`);
    await until(() => answer().includes('three'));
    socket.write(`${'1\r\nx\r\n'.repeat(80_000)}0\r\n\r\n`);
    socket.end(head('GET /', 'connection: close\r\n'));
    await ended;
    t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 201, 'others are answered');
  });

  t.test('whoever leaves in the middle of a body ends the reading of it', async (t) => {
    const { port, story, taken } = await stand(t, make);
    const { socket } = dialRaw(port, `${head('POST /pieces', 'content-length: 100\r\n')}begun`);
    await until(() => taken.bytes === 5);
    socket.destroy();
    await until(() => story.length > 0);
    t.same(story, ['broke off after 5']);
  });

  t.test('frames that come at once are heard some at a time, in their order', async (t) => {
    let inTurn = 0;
    let most = 0;
    const { port, story } = await stand(t, make, () => {
      if (inTurn++ === 0)
        setImmediate(() => {
          inTurn = 0;
        });
      most = Math.max(most, inTurn);
    });
    const raw = await openRawSocket(port);
    const frames = Array.from({ length: 2_000 }, (_, i) => ({ opcode: text, payload: String(i) }));
    raw.write(...frames);
    await until(() => story.length === frames.length);
    t.same(
      story,
      frames.map(({ payload }) => payload),
    );
    // A handler's turn may begin before this count of it does.
    t.ok(most <= 32, `${most} in one turn`);
    raw.socket.destroy();
  });

  t.test(
    'requests in a row, without waiting for an answer, end their connection and are not all answered',
    async (t) => {
      const { port, story } = await stand(t, make);
      await dialRaw(port, head('GET /asked').repeat(2_000)).ended;
      t.ok(story.length > 0 && story.length <= 16, `${story.length} were taken`);
      t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 201, 'others are answered');
    },
  );
}

/** uWebSockets.js joins fragments itself, at a cost that does not show. */
export function fragmentsContract(t: Test, make: Make): void {
  t.test('a frame in more fragments than anybody needs ends its connection', async (t) => {
    const { port, story } = await stand(t, make);
    const raw = await openRawSocket(port);
    const fragment = { opcode: continuation, fin: false, payload: '' };
    raw.write({ opcode: binary, fin: false, payload: 'x' }, ...Array.from({ length: 3_000 }, () => fragment));
    raw.write({ opcode: continuation, payload: 'y' });
    await until(() => story.length > 0);
    t.ok(story.length === 1, String(story));
    raw.socket.destroy();
  });
}

/** What Node's server parses: requests, and chunks of their bodies, also those that nobody asked for. */
function countParsed(t: Test) {
  const parsed = { requests: 0, chunks: 0 };
  const channel = 'http.server.request.start';
  const count = (message: unknown): void => {
    parsed.requests++;
    const { request } = message as { readonly request: IncomingMessage };
    // Node looks the method up for each chunk; the server may set another one.
    let push = request.push;
    Object.defineProperty(request, 'push', {
      get: () => {
        parsed.chunks++;
        return push;
      },
      set: (other: typeof push) => {
        push = other;
      },
    });
  };
  subscribe(channel, count);
  t.teardown(() => unsubscribe(channel, count));
  return parsed;
}

/** Node's parser goes on with a read whose socket has been destroyed, at tens of milliseconds for each. */
export function parsingContract(t: Test, make: Make): void {
  const bytes = (count: number): string => '1\r\nx\r\n'.repeat(count);
  const chunked = (path: string): string =>
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\n`;
  const LAST = '0\r\n\r\nGET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n';

  t.test('a body of too many single bytes is parsed no further, and ends its connection', async (t) => {
    const { port, story } = await stand(t, make);
    const parsed = countParsed(t);
    const { ended } = dialRaw(port, `${chunked('/pieces')}${bytes(40_000)}${LAST}`);
    await ended;
    await until(() => story.length > 0);
    t.ok(parsed.chunks > 4_000 && parsed.chunks < 6_000, `${parsed.chunks} chunks were parsed`);
    t.equal(parsed.requests, 1);
    // Node keeps the parser for the next connection.
    const next = dialRaw(port, `${chunked('/pieces')}${bytes(100)}0\r\n\r\n`);
    await until(() => next.answer().includes('}'));
    t.match(next.answer(), '"bytes":100');
    next.socket.destroy();
  });

  t.test('when its answer is out, far fewer are', async (t) => {
    const { port } = await stand(t, make);
    const parsed = countParsed(t);
    const { socket, ended, answer } = dialRaw(port, `${chunked('/early')}${bytes(1)}`);
    await until(() => answer().includes('enough'));
    socket.write(`${bytes(3_000)}${LAST}`);
    await ended;
    t.ok(parsed.chunks < 500, `${parsed.chunks} chunks were parsed`);
    t.equal(parsed.requests, 1);
  });

  t.test('chunks that are small, but many only over a long time, are all taken', async (t) => {
    const { port } = await stand(t, make);
    const { socket, answer } = dialRaw(port, chunked('/pieces'));
    for (let i = 0; i < 600; i++) {
      socket.write(bytes(10));
      await simulateDelay(1);
    }
    socket.write('0\r\n\r\n');
    await until(() => answer().includes('}'));
    t.match(answer(), '"bytes":6000');
    socket.destroy();
  });

  for (const [name, lines] of Object.entries({
    'requests in a row': 'host: a\r\n',
    'requests in a row without a host': '',
    'requests in a row that expect something odd': 'host: a\r\nexpect: miracles\r\n',
  }))
    t.test(`${name} are parsed no further than their connection lasts`, async (t) => {
      const { port } = await stand(t, make);
      const parsed = countParsed(t);
      await dialRaw(port, `GET /asked HTTP/1.1\r\n${lines}\r\n`.repeat(1_000)).ended;
      t.ok(parsed.requests > 0 && parsed.requests <= 17, `${parsed.requests} were parsed`);
    });

  t.test('a request without a host is refused, and one that expects something odd is answered', async (t) => {
    const { port } = await stand(t, make);
    const ask = async (lines: string): Promise<string> => {
      const { ended, answer } = dialRaw(port, `GET / HTTP/1.1\r\n${lines}connection: close\r\n\r\n`);
      await ended;
      return answer().slice(0, 12);
    };
    t.equal(await ask(''), 'HTTP/1.1 400');
    t.equal(await ask('host: a\r\nexpect: miracles\r\n'), 'HTTP/1.1 201');
  });
}

function dialRaw(port: number, text: string) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes;
  });
  socket.write(text);
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, ended, answer: () => answer };
}

import { connect } from 'node:net';
import type { Test } from 'tap';
import { OPCODE, openRawSocket } from '../support/raw-socket.ts';
import { type Make, stand, until } from './transport.ts';

const { text, binary, continuation } = OPCODE;

/** What arrives in very small parts costs nobody else a long turn of the event loop, and is whole all the same. */
export function smallPartsContract(t: Test, make: Make): void {
  const head = (start: string, more = ''): string => `${start} HTTP/1.1\r\nhost: 127.0.0.1\r\n${more}\r\n`;
  const dialRaw = (port: number, text: string) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes;
    });
    socket.write(text);
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    return { socket, ended, answer: () => answer };
  };

  t.test('a body of single bytes reaches its reader in few pieces', async (t) => {
    const { port } = await stand(t, make);
    const count = 10_000;
    const chunked = head('POST /pieces', 'transfer-encoding: chunked\r\nconnection: close\r\n');
    const { ended, answer } = dialRaw(port, `${chunked}${'1\r\nx\r\n'.repeat(count)}0\r\n\r\n`);
    await until(() => answer().includes('}'));
    const { pieces, bytes } = JSON.parse(/\{.*\}/.exec(answer())![0]) as { pieces: number; bytes: number };
    t.equal(bytes, count);
    t.ok(pieces < count / 100, `${pieces} pieces`);
    await ended;
  });

  t.test('whoever leaves in the middle of a body ends the reading of it', async (t) => {
    const { port, story } = await stand(t, make);
    const { socket } = dialRaw(port, `${head('POST /pieces', 'content-length: 100\r\n')}begun`);
    await new Promise((resolve) => setTimeout(resolve, 30));
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
      t.ok(story.length > 0 && story.length <= 32, `${story.length} were taken`);
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

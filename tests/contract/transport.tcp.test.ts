import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import type { Connection, TransportHandler } from '../../server/ports/transport.ts';
import { TcpTransport } from '../../server/transport/tcp.ts';
import { simulateDelay, staysTrue, until, untilSettled } from '../support/until.ts';
import { BROKEN, brokenHandler } from './transport-bugs.ts';
import { connectTcp, drainContract } from './transport-drain.ts';

drainContract(t, 'tcp', connectTcp);

/** A port whose next connection has a handler that breaks where `next.where` says. */
async function stand(t: { teardown(run: () => unknown): void }) {
  const story: string[] = [];
  const bugs: string[] = [];
  const next = { where: '' };
  const handler: TransportHandler = {
    handleUpgrade: () => {
      const { where } = next;
      if (where === 'upgrade') throw new Error(where);
      if (where === 'upgrade later') return Promise.reject(new Error(where));
      const open = (connection: Connection) => brokenHandler(connection, where, story);
      return Promise.resolve({ kind: 'accept', subprotocol: undefined, open });
    },
    handleRequest: () => Promise.reject(new Error('there is no HTTP here')),
  };
  const transport = new TcpTransport(handler, { path: '/tcp', allowedAddresses: [] }, (error) =>
    bugs.push((error as Error).message),
  );
  t.teardown(() => transport.close());
  const port = await transport.listen('127.0.0.1', 0);
  const dial = async (where: string): Promise<{ socket: Socket; texts: string[]; ended: Promise<void> }> => {
    next.where = where;
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const texts: string[] = [];
    socket.on('data', (bytes) => texts.push(String(bytes)));
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await new Promise((resolve) => socket.once('connect', resolve));
    return { socket, texts, ended };
  };
  const bystander = await dial('');
  // Only then is its handler open, and the next may break.
  bystander.socket.write('hello');
  await until(() => bystander.texts.length === 1);
  const works = async (): Promise<void> => {
    bystander.texts.length = 0;
    bystander.socket.write('still');
    await until(() => bystander.texts.length === 1);
  };
  return { story, bugs, dial, works };
}

for (const where of ['upgrade', 'upgrade later', ...BROKEN]) {
  t.test(`over tcp, a handler that breaks in ${where} ends its own connection, and harms nobody`, async (t) => {
    const { story, bugs, dial, works } = await stand(t);
    story.length = 0;
    const { socket, ended, texts } = await dial(where);
    if (where.startsWith('close')) {
      socket.write('hello');
      await until(() => texts.length === 1);
      socket.end();
    } else if (where !== 'open' && !where.startsWith('upgrade')) socket.write('hello');
    await ended;
    await until(() => bugs.length > 0);
    const isOpened = where !== 'open' && !where.startsWith('upgrade');
    await until(() => !isOpened || story.some((line) => line.startsWith('close')));
    await works();
    t.same(bugs, [where], 'it is reported once');
    t.equal(story.filter((line) => line.startsWith('close')).length, isOpened ? 1 : 0, 'the end is told once');
  });
}

/** A port whose handler does what `heard` does with each piece it is given. */
async function listening(t: Test, heard: (bytes: Uint8Array, connection: Connection) => void) {
  const closes: number[] = [];
  const open = (connection: Connection) => ({
    message: (frame: string | Uint8Array) => heard(frame as Uint8Array, connection),
    drained: () => {},
    close: (status: number) => void closes.push(status),
  });
  const handler: TransportHandler = {
    handleUpgrade: () => Promise.resolve({ kind: 'accept', subprotocol: undefined, open }),
    handleRequest: () => Promise.reject(new Error('there is no HTTP here')),
  };
  const transport = new TcpTransport(handler, { path: '/tcp', allowedAddresses: [] }, (error) => t.fail(String(error)));
  t.teardown(() => transport.close());
  const port = await transport.listen('127.0.0.1', 0);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  t.teardown(() => socket.destroy());
  return { socket, closes };
}

t.test('much at once is heard in small pieces, one a turn, and all of it before the end of its sender', async (t) => {
  const pieces: Buffer[] = [];
  let inTurn = 0;
  let most = 0;
  const { socket, closes } = await listening(t, (bytes) => {
    t.equal(closes.length, 0);
    pieces.push(Buffer.from(bytes));
    most = Math.max(most, ++inTurn);
    setImmediate(() => {
      inTurn = 0;
    });
  });
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  socket.end(sent);
  await until(() => closes.length > 0);
  t.same(closes, [1000]);
  t.ok(sent.equals(Buffer.concat(pieces)), 'nothing is lost');
  t.equal(most, 1);
  t.ok(Math.max(...pieces.map(({ length }) => length)) <= 4_096);
});

t.test('who asks and does not read the answers is not heard on', async (t) => {
  let queued = 0;
  let pieces = 0;
  const { socket } = await listening(t, (_, connection) => {
    pieces++;
    connection.send(new Uint8Array(200_000));
    queued = Math.max(queued, connection.queuedBytes);
  });
  socket.pause();
  let isFull = false;
  while (!isFull) isFull = !socket.write(Buffer.alloc(100_000));
  await untilSettled(() => pieces, 100);
  t.ok(pieces > 0);
  t.ok(queued < 1_000_000, `${queued} bytes wait for it`);
  const heard = pieces;
  socket.resume();
  await until(() => pieces > heard);
  t.pass('when it reads, it is');
});

t.test('a paused connection that is closed after its peer has left is told of its end', async (t) => {
  for (const leave of ['end', 'resetAndDestroy'] as const) {
    let paused: Connection | undefined;
    const { socket, closes } = await listening(t, (_, connection) => {
      connection.pause();
      paused = connection;
    });
    socket.write(Buffer.alloc(10_000));
    await until(() => paused !== undefined);
    socket[leave]();
    // Its leaving arrives while nothing is read.
    await simulateDelay(30);
    paused!.close(1000, '');
    await until(() => closes.length > 0);
    paused!.close(1000, '');
    paused!.resume();
    await staysTrue(() => closes.length === 1, 30);
    t.equal(closes.length, 1, leave);
  }
});

import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { type EventBody, LIMITS, type ServerEvent } from '../../protocol/index.ts';
import { Outbox } from '../../server/flow/outbox.ts';
import { Rooms } from '../../server/flow/rooms.ts';
import { silentMeter } from '../../server/flow/silent-meter.ts';
import { Viewer } from '../../server/gateway/viewer.ts';
import type { Connection, ConnectionHandler, Transport, TransportHandler } from '../../server/ports/transport.ts';
import { selfSignedCertificate } from '../../server/transport/certificate.ts';
import { TcpTransport } from '../../server/transport/tcp.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { staysTrue, until, untilSettled } from '../support/until.ts';
import { type Make, SMALL_LIMITS } from './transport.ts';

/** The client of the one connection of a transport. */
export interface Peer {
  /** The first characters of each line received. */
  readonly lines: readonly string[];
  pause(): void;
  resume(): void;
  leave(): void;
}

/** Connects a client to a transport whose handler is what `open` returns. Both end with the test. */
export type Connect = (t: Test, open: (connection: Connection) => ConnectionHandler) => Promise<Peer>;

const LINE_START = 200;
const PIECE_BYTES = 100_000;
/** More than the outbox and rooms allow to wait, and less than what ends a session. */
const FULL_BYTES = 800_000;
/** Longer than TCP delays an acknowledgement or waits before it retransmits, ms. */
const SETTLED_MS = 250;
/** More than the network between two sockets of one machine holds. */
const PIECES = 240;

class Lines {
  readonly started: string[] = [];
  #rest = '';

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    this.started.push(...lines.filter(Boolean).map((line) => line.slice(0, LINE_START)));
  }
}

async function listen(t: Test, transport: Transport, leave: () => void): Promise<number> {
  t.teardown(() => {
    leave();
    return transport.close();
  });
  return transport.listen('127.0.0.1', 0);
}

const refuse = (): Promise<Response> => Promise.resolve(new Response('', { status: 404 }));

export const connectWebSocket =
  (make: Make, scheme: 'ws' | 'wss' = 'ws'): Connect =>
  async (t, open) => {
    const certificate =
      scheme === 'ws' ? undefined : await selfSignedCertificate(t.testdir({}), '127.0.0.1', Date.now());
    const handler: TransportHandler = {
      handleUpgrade: () => Promise.resolve({ kind: 'accept', subprotocol: undefined, open }),
      handleRequest: refuse,
    };
    const transport = await make(handler, { ...SMALL_LIMITS, certificate }, (error) => t.fail(String(error)));
    const port = await listen(t, transport, () => socket.terminate());
    const lines = new Lines();
    const socket = new WebSocket(`${scheme}://127.0.0.1:${port}`, { ca: certificate?.cert });
    socket.on('error', () => {});
    socket.on('message', (data) => lines.add(String(data)));
    await once(socket, 'open');
    return {
      lines: lines.started,
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      leave: () => socket.terminate(),
    };
  };

export const connectStream =
  (make: Make): Connect =>
  async (t, open) => {
    const handler: TransportHandler = {
      handleUpgrade: async () => ({ kind: 'refuse', response: await refuse() }),
      handleStream: () => Promise.resolve({ kind: 'accept', headers: {}, filler: '\n', open }),
      handleRequest: refuse,
    };
    const transport = await make(handler, SMALL_LIMITS, (error) => t.fail(String(error)));
    const port = await listen(t, transport, () => response.destroy());
    const lines = new Lines();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: '127.0.0.1', port, agent: false }, resolve).once('error', reject);
    });
    response.on('error', () => {});
    response.on('data', (chunk) => lines.add(String(chunk)));
    return {
      lines: lines.started,
      pause: () => void response.pause(),
      resume: () => void response.resume(),
      leave: () => void response.destroy(),
    };
  };

export const connectTcp: Connect = async (t, open) => {
  const handler: TransportHandler = {
    handleUpgrade: () => Promise.resolve({ kind: 'accept', subprotocol: undefined, open }),
    handleRequest: refuse,
  };
  const options = { path: '/tcp', allowedAddresses: [] };
  const transport = new TcpTransport(handler, options, (error) => t.fail(String(error)));
  const port = await listen(t, transport, () => socket.destroy());
  const lines = new Lines();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('data', (chunk) => lines.add(String(chunk)));
  await once(socket, 'connect');
  return {
    lines: lines.started,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    leave: () => void socket.destroy(),
  };
};

/** A connection to a client, what its handler is told, and what is sent over it. */
class DrainLog {
  readonly connection: Connection;
  /** Bytes that were queued at each call of `drained`. */
  readonly drains: number[] = [];
  readonly closes: number[] = [];
  onDrained = (): void => {};
  sent = 0;
  /** A send, or a call of the handler, has not returned yet. */
  #isBusy = false;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  get handler(): ConnectionHandler {
    return {
      message: () => {},
      drained: () => {
        this.drains.push(this.connection.queuedBytes);
        this.#enter(() => this.onDrained());
      },
      close: (status) => this.#enter(() => this.closes.push(status)),
    };
  }

  /** Throws when the handler is called from inside a send or another call of it. */
  #enter(run: () => void): void {
    if (this.#isBusy) throw new Error('called from inside another call');
    this.#isBusy = true;
    run();
    this.#isBusy = false;
  }

  sendPiece(): void {
    this.connection.send(`${this.sent++} `.padEnd(PIECE_BYTES - 1, 'x').concat('\n'));
  }

  /** Sends until the client, which does not read, leaves much in the queue. */
  async fill(): Promise<void> {
    do {
      this.#enter(() => {
        while (this.connection.queuedBytes <= FULL_BYTES) this.sendPiece();
      });
      // The kernel takes some more for a while.
      await untilSettled(() => this.connection.queuedBytes, SETTLED_MS);
    } while (this.connection.queuedBytes <= FULL_BYTES);
    this.drains.length = 0;
  }
}

async function connectLog(t: Test, connectPeer: Connect): Promise<{ log: DrainLog; peer: Peer }> {
  let log: DrainLog | undefined;
  const peer = await connectPeer(t, (connection) => {
    log = new DrainLog(connection);
    connection.send('open\n');
    return log.handler;
  });
  await until(() => peer.lines.length === 1);
  return { log: log!, peer };
}

const numbers = (lines: readonly string[]): number[] => lines.slice(1).map((line) => Number.parseInt(line, 10));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const partial = (sentence: number, revision: number): EventBody => ({
  ...{ type: 'partial', channel: 0, sentence, revision, stable: '', tentative: 'so', words: [], stableWords: 0 },
  ...{ fromMs: 0, toMs: 1 },
});
const final = (sentence: number): EventBody => ({
  ...{ type: 'final', channel: 0, sentence, text: 'So.', words: [], fromMs: 0, toMs: 1, language: 'en' },
});

/** What every transport promises about the queue of a connection that has drained. `name` says which kind. */
export function drainContract(t: Test, name: string, connectPeer: Connect): void {
  t.test(`${name} whose peer takes everything at once is not told that it has drained`, async (t) => {
    const { log, peer } = await connectLog(t, connectPeer);
    for (let i = 0; i < 100; i++) {
      log.connection.send(`${i}\n`);
      if (i % 10 === 0) await until(() => peer.lines.length === i + 2);
    }
    await until(() => peer.lines.length === 101);
    await staysTrue(() => log.drains.length === 0, 20);
    t.equal(log.connection.queuedBytes, 0);
  });

  t.test(`${name} is told that it has drained once its peer has read, once, and not before`, async (t) => {
    const { log, peer } = await connectLog(t, connectPeer);
    for (let round = 0; round < 2; round++) {
      peer.pause();
      await log.fill();
      await staysTrue(() => log.drains.length === 0, 50);
      t.ok(log.connection.queuedBytes > LIMITS.queuedBytesLow);
      peer.resume();
      await until(() => log.drains.length > 0);
      t.ok(log.drains[0]! <= LIMITS.queuedBytesLow, `${log.drains[0]} bytes were queued`);
      await until(() => peer.lines.length === log.sent + 1);
      await staysTrue(() => log.drains.length === 1, 20);
    }
    t.same(numbers(peer.lines), upTo(log.sent), 'nothing is lost');
  });

  t.test(`${name} can be filled again each time it has drained`, async (t) => {
    const { log, peer } = await connectLog(t, connectPeer);
    log.onDrained = () => {
      while (log.sent < PIECES && log.connection.queuedBytes <= FULL_BYTES) log.sendPiece();
    };
    peer.pause();
    await log.fill();
    peer.resume();
    await until(() => peer.lines.length === PIECES + 1);
    t.same(numbers(peer.lines), upTo(PIECES));
    t.ok(log.drains.length > 1, `it drained ${log.drains.length} times`);
  });

  t.test(`over ${name} a slow client gets every final, and when it has drained the newest partial`, async (t) => {
    const { log, peer } = await connectLog(t, connectPeer);
    const outbox = new Outbox('nothing');
    const send = (event: ServerEvent): void => log.connection.send(`${JSON.stringify(event)}\n`);
    outbox.attach({ queuedBytes: () => log.connection.queuedBytes, send });
    log.onDrained = () => outbox.flush();
    peer.pause();
    await log.fill();
    for (let revision = 1; revision <= 5; revision++) outbox.send(partial(1, revision));
    outbox.send(final(1));
    for (let revision = 1; revision <= 5; revision++) outbox.send(partial(2, revision));
    await staysTrue(() => outbox.seq === 1, 30);
    peer.resume();
    await until(() => outbox.seq === 2);
    await until(() => peer.lines.length === log.sent + 3);
    const events = peer.lines.slice(-2).map((line) => JSON.parse(line));
    t.match(events, [
      { type: 'final', sentence: 1, seq: 1 },
      { type: 'partial', sentence: 2, revision: 5, seq: 2 },
    ]);
  });

  t.test(`over ${name} a viewer that reads again is served what it missed, with no timer`, async (t) => {
    const clock = new ManualClock();
    const rooms = new Rooms({ clock, meter: silentMeter, wallMs: () => 1_000 });
    const speaker = rooms.enter('hall', { session: 'a', key: '', language: 'en' });
    let log: DrainLog | undefined;
    const peer = await connectPeer(t, (connection) => {
      log = new DrainLog(connection);
      const viewer = new Viewer(connection, {
        ...{ kind: 'sse', asked: { words: 'without' }, clock, refusalFor: () => undefined, gone: () => {} },
        watch: (watcher) => rooms.subscribe('hall', { from: 'now' }, watcher),
      });
      log.onDrained = () => viewer.drained();
      return { ...log.handler, close: () => viewer.close() };
    });
    await until(() => peer.lines.some((line) => line.includes('"room"')));
    peer.pause();
    await log!.fill();
    for (let seq = 1; seq <= 200; seq++) {
      speaker.publish([{ ...final(seq), seq } as ServerEvent]);
      if (seq % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const { queuedBytes } = log!.connection;
    await staysTrue(() => log!.connection.queuedBytes === queuedBytes, 30);
    peer.resume();
    const finals = (): number[] =>
      peer.lines.flatMap((line) => (line.includes('"final"') ? [Number(/"sentence":(\d+)/.exec(line)![1])] : []));
    await until(() => finals().length === 200);
    t.same(finals(), upTo(201).slice(1));
    t.equal(clock.nowMs(), 0);
  });

  t.test(`${name} that is closed before it has drained is told of its end only`, async (t) => {
    const { log, peer } = await connectLog(t, connectPeer);
    peer.pause();
    await log.fill();
    log.connection.close(1000, 'done');
    peer.resume();
    await until(() => log.closes.length > 0);
    await staysTrue(() => log.drains.length === 0 && log.closes.length === 1, 30);
    t.pass();
  });

  t.test(`${name} whose peer leaves before it has drained is told of its end only`, async (t) => {
    const { log, peer } = await connectLog(t, connectPeer);
    peer.pause();
    await log.fill();
    peer.leave();
    await until(() => log.closes.length > 0);
    log.sendPiece();
    await staysTrue(() => log.drains.length === 0 && log.closes.length === 1, 30);
    t.pass();
  });
}

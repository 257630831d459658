import t from 'tap';
import { WebSocket } from 'ws';
import { connect, type Session } from '../../client/sdk/index.ts';
import type { SocketClass } from '../../client/sdk/socket.ts';
import { Fault, SCOPES } from '../../protocol/index.ts';
import type { Authenticator } from '../../server/ports/authenticator.ts';
import { openCuttingProxy } from '../support/cutting-proxy.ts';
import { openScriptedServer, script } from '../support/scripted-server.ts';

/** As a browser's: it says that it did not open, and not why. */
class Tight {
  readonly #socket: WebSocket;

  constructor(url: string, protocols: string[]) {
    this.#socket = new WebSocket(url, protocols);
    this.#socket.on('error', () => {});
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  set binaryType(type: 'arraybuffer') {
    this.#socket.binaryType = type;
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  close(code?: number): void {
    this.#socket.close(code);
  }

  addEventListener(type: 'message', listener: (event: unknown) => void): void {
    this.#socket.addEventListener(type, ((event: object) =>
      listener((type as string) === 'error' ? new Event('error') : event)) as never);
  }
}

const SOCKETS: readonly (readonly [string, SocketClass])[] = [
  ['ws', WebSocket as never],
  ['a browser', Tight as never],
];

for (const [name, Socket] of SOCKETS) {
  t.test(`a refusal before the upgrade is the server's own fault, over ${name}`, async (t) => {
    let known = true;
    const identity = {
      key: 'k',
      scopes: SCOPES,
      sessionsMax: undefined,
      quota: { minutes: 0 },
      countAudio: () => true,
    };
    const admit = async (credential: string | undefined) => {
      if (credential === 'right' && known) return identity;
      throw new Fault(credential === undefined ? 'auth.missing' : 'auth.invalid', {});
    };
    const mint = () => Promise.reject(new Error('not here'));
    const access: Authenticator = {
      needsKey: true,
      mintToken: mint,
      authenticate: admit,
      reauthenticate: admit,
      findRefusal: () => undefined,
    };
    const server = await openScriptedServer(script('one two', 0.6), 1, { access, graceMs: 800 });
    t.teardown(() => server.close());
    const dial = (url: string, credential?: string): Promise<Session> =>
      connect({ url, WebSocket: Socket, ...(credential === undefined ? {} : { credential }) });
    await t.rejects(dial(server.url), { name: 'Fault', code: 'auth.missing', message: /send an API key/ });
    await t.rejects(dial(server.url, 'wrong'), { name: 'Fault', code: 'auth.invalid' });
    const proxy = await openCuttingProxy(server.url, { cutsMax: 1, budget: () => ({ up: 5_000, down: 1e9 }) });
    t.teardown(() => proxy.close());
    const session = await dial(proxy.url, 'right');
    await t.rejects(dial(server.url, 'right'), { name: 'Fault', code: 'server.full', message: /1 of 1|limit/ });
    known = false;
    session.send(new Int16Array(8_000));
    const { code, fault } = await session.closed;
    t.equal(code, 1006);
    t.equal(fault?.code, 'auth.invalid', 'a key that was revoked');
  });

  t.test(`what is no server of ours is said to be so, over ${name}`, async (t) => {
    const server = await openScriptedServer([]);
    t.teardown(() => server.close());
    await t.rejects(connect({ url: `${server.url}/v1/nowhere`, WebSocket: Socket }), { code: 'http.unknown' });
    await t.rejects(connect({ url: 'http://127.0.0.1:9', WebSocket: Socket }), { message: /cannot be reached/ });
  });
}

t.test('a server that would let a client in says so to who asks over HTTP', async (t) => {
  const server = await openScriptedServer([], 1);
  t.teardown(() => server.close());
  const ask = async (): Promise<unknown> => (await fetch(`${server.url}/v1/stream`)).json();
  t.match(await ask(), { type: 'fault', code: 'http.upgrade' });
  const session = await server.connect();
  t.match(await ask(), { type: 'fault', code: 'server.full', retry: 'elsewhere' });
  session.close();
});

import { createHash, randomBytes } from 'node:crypto';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from './until.ts';

/** What OBS does when a caption comes. */
export type ObsMood =
  | 'shows'
  | 'not streaming'
  | 'starting'
  /** It goes away with the request in hand and does nothing of it. */
  | 'dies before'
  | 'says nothing';

/** OBS with its WebSocket server, as far as captions go: it keeps the rules of obs-websocket 5 and notes who does not. */
export class ObsServer {
  readonly shown: string[] = [];
  /** What a client did that the real one would not take. */
  readonly wrongs: string[] = [];
  readonly password: string | undefined;
  mood: ObsMood = 'shows';
  connections = 0;
  refused = 0;
  #server: WebSocketServer | undefined;
  #port = 0;

  constructor(password?: string) {
    this.password = password;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  /** On the port it had before, if it ran before. */
  async start(): Promise<void> {
    this.#server = new WebSocketServer({
      ...{ host: '127.0.0.1', port: this.#port },
      handleProtocols: (protocols) => (protocols.has('obswebsocket.json') ? 'obswebsocket.json' : false),
    });
    this.#server.on('connection', (socket) => this.#greet(socket));
    await new Promise((resolve) => this.#server!.once('listening', resolve));
    this.#port = (this.#server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#server?.clients ?? []) socket.terminate();
    await new Promise((resolve) => this.#server?.close(resolve));
    this.#server = undefined;
  }

  /** Resolves when it has shown so many captions that are not empty. */
  async waitFor(count: number): Promise<string[]> {
    const texts = (): string[] => this.shown.filter((text) => text !== '');
    await until(() => texts().length >= count, { what: `${count} captions are shown`, everyMs: 1 });
    return texts();
  }

  #greet(socket: WebSocket): void {
    this.connections++;
    const salt = randomBytes(32).toString('base64');
    const challenge = randomBytes(32).toString('base64');
    const authentication = this.password === undefined ? {} : { authentication: { challenge, salt } };
    let isIdentified = false;
    socket.on('message', (data, isBinary) => {
      const { op, d } = JSON.parse(String(data));
      if (isBinary) this.wrongs.push('a binary frame');
      if (!isIdentified) {
        if (op !== 1) return socket.close(4007, 'You attempted to send a non-Identify message');
        if (d.rpcVersion !== 1) return socket.close(4010);
        if (this.password !== undefined && d.authentication !== this.#answer(salt, challenge)) {
          this.refused++;
          return socket.close(4009, 'Authentication failed.');
        }
        if (d.eventSubscriptions !== 0) this.wrongs.push('events were asked for');
        isIdentified = true;
        socket.send(JSON.stringify({ op: 2, d: { negotiatedRpcVersion: 1 } }));
        return;
      }
      if (op !== 6) return socket.close(4006, 'Unknown opcode');
      this.#request(socket, d);
    });
    socket.send(JSON.stringify({ op: 0, d: { obsWebSocketVersion: '5.5.2', rpcVersion: 1, ...authentication } }));
  }

  #request(
    socket: WebSocket,
    { requestType, requestId, requestData }: { requestType: string; requestId: string; requestData: unknown },
  ): void {
    const text = (requestData as { captionText?: unknown } | undefined)?.captionText;
    if (requestType !== 'SendStreamCaption' || typeof requestId !== 'string' || typeof text !== 'string')
      this.wrongs.push(`a request ${requestType}`);
    if (this.mood === 'says nothing') return;
    if (this.mood === 'dies before') return socket.terminate();
    const code = { shows: 100, 'not streaming': 501, starting: 207 }[this.mood];
    if (this.mood === 'shows') this.shown.push(String(text));
    // What no OBS says must do no harm.
    for (const odd of ['', 'null', '{"op":7}', '{"op":7,"d":null}', '{"op":7,"d":{}}']) socket.send(odd);
    const requestStatus = { result: code === 100, code };
    socket.send(JSON.stringify({ op: 7, d: { requestType, requestId, requestStatus } }));
  }

  /** Written as OBS's own documentation tells it, not as our client does. */
  #answer(salt: string, challenge: string): string {
    const secret = createHash('sha256')
      .update(this.password + salt)
      .digest('base64');
    return createHash('sha256')
      .update(secret + challenge)
      .digest('base64');
  }
}

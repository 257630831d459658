import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type WebSocket, WebSocketServer } from 'ws';
import { answerRequest } from './answer-request.ts';

/** An event as a test says it. */
export interface RoomEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

type NumberedEvent = RoomEvent & { readonly cursor: number };

interface Viewer {
  readonly socket: WebSocket;
  readonly token: string;
  readonly translate: string;
}

interface Token {
  readonly id: string;
  readonly token: string;
  readonly label?: string;
  readonly created: string;
}

/** The built pages and one scripted room behind them, as `protocol/README.md` describes rooms: events are said by a test. */
export class FakeRoom {
  readonly tokens: Token[] = [];
  #server = createServer();
  #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'sotto.view.v1' });
  #viewers = new Set<Viewer>();
  #kept: NumberedEvent[] = [];
  #cursor = 0;
  #state: RoomEvent = { type: 'room', state: 'idle', sessions: [] };
  /** Viewers are let in with a token only. */
  needsKey = false;
  url = '';

  async open(): Promise<this> {
    const webFolder = fileURLToPath(new URL('../../dist/client/web/', import.meta.url));
    const info = (): object => ({ needsKey: this.needsKey });
    const site = { webFolder, info, metrics: async () => '', ready: () => true };
    this.#server.on('request', async (request, response) => {
      const { pathname } = new URL(request.url!, this.url);
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const found = /^\/v1\/rooms\/[a-z0-9-]+\/viewers(?:\/(.+))?$/.exec(pathname);
      const reply =
        pathname === '/v1/token'
          ? json({ token: 'ey-made' })
          : found
            ? this.#manage(request.method!, found[1], Buffer.concat(chunks).toString())
            : await answerRequest(new Request(this.url + request.url), site);
      reply.headers.forEach((value, name) => {
        response.setHeader(name, value);
      });
      response.writeHead(reply.status);
      response.end(Buffer.from(await reply.arrayBuffer()));
    });
    this.#server.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (connection) =>
        this.#welcome(connection, request.url!, request.headers['sec-websocket-protocol'] ?? ''),
      );
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** Sends an event to everybody in the room; finals and what revises them are kept for those who come later. */
  say(event: RoomEvent): void {
    const numbered = { ...event, cursor: ++this.#cursor };
    if (event.type === 'room') this.#state = event;
    if (['final', 'revised', 'cleaned', 'translated'].includes(event.type)) this.#kept.push(numbered);
    for (const viewer of this.#viewers) this.#tell(viewer, numbered);
  }

  /** Cuts every connection, as a bad network does. */
  drop(): void {
    for (const { socket } of this.#viewers) socket.terminate();
  }

  async close(): Promise<void> {
    this.drop();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #manage(method: string, id: string | undefined, body: string): Response {
    if (method === 'GET') return json(this.tokens.map(({ token: _, ...rest }) => rest));
    if (method === 'POST') {
      const { label } = JSON.parse(body === '' ? '{}' : body) as { label?: string };
      const number = this.tokens.length + 1;
      const made = {
        id: `v${number}`,
        token: `secret-${number}`,
        created: '2026-01-01T10:00:00Z',
        ...(label === undefined ? {} : { label }),
      };
      this.tokens.push(made);
      return json(made);
    }
    const at = this.tokens.findIndex((token) => token.id === id);
    if (at < 0) return json({ type: 'fault', code: 'http.unknown', text: 'There is no such viewer.' }, 404);
    const [gone] = this.tokens.splice(at, 1);
    for (const viewer of this.#viewers) if (viewer.token === gone?.token) this.#refuse(viewer.socket, 'viewer.revoked');
    return json({});
  }

  #welcome(socket: WebSocket, path: string, protocols: string): void {
    const query = new URL(path, this.url).searchParams;
    const token = /sotto\.auth\.([^,\s]+)/.exec(protocols)?.[1] ?? '';
    if (this.needsKey && !this.tokens.some((known) => known.token === token))
      return this.#refuse(socket, 'auth.invalid');
    const viewer = { socket, token, translate: query.get('translate') ?? '' };
    this.#viewers.add(viewer);
    socket.on('close', () => this.#viewers.delete(viewer));
    this.#tell(viewer, { ...this.#state, cursor: this.#cursor });
    const from = query.get('from') ?? 'now';
    const after = from === 'now' ? this.#cursor : from === 'start' ? 0 : Number(from);
    for (const event of this.#kept) if (event.cursor > after) this.#tell(viewer, event);
  }

  #refuse(socket: WebSocket, code: string): void {
    socket.send(JSON.stringify({ type: 'fault', cursor: 0, code, text: `Refused: ${code}.`, retry: 'never' }));
    socket.close(1008, code);
  }

  #tell({ socket, translate }: Viewer, event: NumberedEvent): void {
    if (event.type === 'translated' && event['language'] !== translate) return;
    socket.send(JSON.stringify(event));
  }
}

function json(body: object, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

/** What one voice says, sentence after sentence: short forms of a room's events. */
export class Voice {
  readonly #room: FakeRoom;
  readonly #name: { readonly session: string; readonly channel: number };
  #sentence = 1;

  constructor(room: FakeRoom, session = 's1', channel = 0) {
    this.#room = room;
    this.#name = { session, channel };
  }

  partial(stable: string, tentative = ''): this {
    this.#room.say({ type: 'partial', ...this.#named, stable, tentative, revision: 1, fromMs: 0, toMs: 0 });
    return this;
  }

  /** Ends the sentence; what comes next is the following one. */
  final(
    text: string,
    more: { readonly cleaned?: string; readonly de?: string; readonly language?: string } = {},
  ): this {
    const { cleaned, de, language = 'en' } = more;
    const times = { fromMs: 0, toMs: 1_000, atMs: 1_700_000_000_000 };
    this.#room.say({ type: 'final', ...this.#named, text, language, ...times });
    if (cleaned !== undefined) this.#room.say({ type: 'cleaned', ...this.#named, text: cleaned });
    if (de !== undefined) this.#room.say({ type: 'translated', ...this.#named, language: 'de', text: de });
    this.#sentence++;
    return this;
  }

  /** What a second hearing heard of the sentence before this one, and its cleaning. */
  revised(text: string, cleaned?: string): this {
    const name = { ...this.#name, sentence: this.#sentence - 1 };
    this.#room.say({ type: 'revised', ...name, text });
    if (cleaned !== undefined) this.#room.say({ type: 'cleaned', ...name, text: cleaned });
    return this;
  }

  get #named(): object {
    return { ...this.#name, sentence: this.#sentence };
  }
}

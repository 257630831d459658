import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { until } from './until.ts';

export interface ReceivedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A status to answer with; `lost` takes what came and cuts the line, `gone` cuts the line and took nothing. */
export type Answering = number | 'lost' | 'gone';

/** An HTTP server that records the requests it receives and answers as the test has set. */
export class HttpSink {
  readonly all: ReceivedRequest[] = [];
  /** What it took. */
  readonly taken: ReceivedRequest[] = [];
  /** How the next requests are answered, in order; then all with 200. */
  readonly moods: Answering[] = [];
  /** Headers of every answer. */
  headers: Record<string, string> = {};
  /** Answer to a GET. */
  got: (url: URL) => string | Readable | undefined = () => undefined;
  readonly #server: Server;
  #port = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      void (async () => {
        let body = '';
        for await (const chunk of request) body += chunk;
        const url = new URL(request.url!, this.url);
        if (request.method === 'GET') {
          const answer = this.got(url);
          response.writeHead(answer === undefined ? 404 : 200);
          return answer instanceof Readable ? answer.pipe(response) : response.end(answer);
        }
        const received = { url, method: request.method!, headers: request.headers, body };
        const mood = this.moods.shift() ?? 200;
        this.all.push(received);
        if (mood === 'lost' || (typeof mood === 'number' && mood < 300)) this.taken.push(received);
        if (typeof mood === 'number') response.writeHead(mood, this.headers).end();
        else request.socket.destroy();
      })();
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Resolves when so many requests have come. */
  async waitFor(count: number): Promise<readonly ReceivedRequest[]> {
    await until(() => this.all.length >= count, { what: `${count} requests have come`, everyMs: 1 });
    return this.all;
  }
}

import { createServer, connect as dial, type Socket } from 'node:net';
import { simulateDelay } from './until.ts';

/** A TCP line to a server for one client at a time, which fails when it is told to. */
export class FaultyLine {
  readonly url: string;
  readonly #close: () => void;
  readonly #pairs: Set<Pair>;

  private constructor(port: number, close: () => void, pairs: Set<Pair>) {
    this.url = `http://127.0.0.1:${port}`;
    this.#close = close;
    this.#pairs = pairs;
  }

  static async open(target: string): Promise<FaultyLine> {
    const { hostname, port } = new URL(target);
    const pairs = new Set<Pair>();
    const server = createServer((client) => {
      const pair = { client, upstream: dial(Number(port), hostname), mute: false };
      pairs.add(pair);
      join(pair, () => pairs.delete(pair));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FaultyLine((server.address() as { port: number }).port, () => server.close(), pairs);
  }

  /** Both ends are told that the connection is gone. */
  cut(): void {
    for (const pair of this.#pairs) destroy(pair);
  }

  /** Nothing passes any more, and nobody is told. */
  mute(): void {
    for (const pair of this.#pairs) pair.mute = true;
  }

  /** Nothing passes for a while, down to the client or in both directions; then all of it does. */
  async stall(ms: number, which: 'down' | 'both'): Promise<void> {
    const stopped = [...this.#pairs].flatMap(({ client, upstream }) =>
      which === 'down' ? [upstream] : [upstream, client],
    );
    for (const socket of stopped) socket.pause();
    await simulateDelay(ms);
    for (const socket of stopped) socket.resume();
  }

  close(): void {
    this.cut();
    this.#close();
  }
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  mute: boolean;
}

function destroy({ client, upstream }: Pair): void {
  client.destroy();
  upstream.destroy();
}

function join(pair: Pair, gone: () => void): void {
  const { client, upstream } = pair;
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.on('data', (chunk: Buffer) => {
      if (!pair.mute) to.write(chunk);
    });
    from.on('error', () => destroy(pair));
    from.on('close', () => {
      // On a mute line the other end never hears of it, until its own patience ends.
      if (pair.mute && from === client) return;
      gone();
      destroy(pair);
    });
  }
}

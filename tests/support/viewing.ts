import { get, type IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { type ViewerEvent, type WatchOptions, watchRoom } from '../../client/sdk/index.ts';
import { VIEW_SUBPROTOCOL } from '../../protocol/index.ts';
import { until } from './until.ts';

/** Everything one viewer has come to know. */
export interface Viewing {
  readonly events: ViewerEvent[];
  /** Resolves with the first event that is as wanted, come or to come. */
  waitFor(wanted: (event: ViewerEvent) => boolean): Promise<ViewerEvent>;
  /** Resolves when it was sent away, or the server ended the response. */
  readonly over: Promise<void>;
  close(): void;
}

function viewing(close: () => void, over: Promise<void>) {
  const events: ViewerEvent[] = [];
  const waitFor = async (wanted: (event: ViewerEvent) => boolean): Promise<ViewerEvent> => {
    await until(() => events.some(wanted), { what: `an event comes with ${wanted}`, everyMs: 1 });
    return events.find(wanted)!;
  };
  return {
    take: (event: ViewerEvent) => void events.push(event),
    viewing: { events, waitFor, over, close } satisfies Viewing,
  };
}

/** Reads a room with the SDK. */
export function watch(url: string, room: string, options: Partial<WatchOptions> = {}): Viewing {
  let tell = (): void => {};
  const over = new Promise<void>((resolve) => {
    tell = resolve;
  });
  let take = (_: ViewerEvent): void => {};
  const watching = watchRoom({
    ...{ url, room, WebSocket: WebSocket as never },
    on: { event: (event) => take(event), state: ({ state }) => state === 'refused' && tell() },
    ...options,
  });
  const made = viewing(() => watching.close(), over);
  take = made.take;
  return made.viewing;
}

/** Reads a room as a browser's EventSource does; `headers` as a proxy or a browser that comes back would send. */
export async function watchEvents(url: string, path: string, headers: Record<string, string> = {}): Promise<Viewing> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${url}/v1/rooms/${path}`, { headers, agent: false }, resolve).on('error', reject);
  });
  if (response.statusCode !== 200 || !/^text\/event-stream/.test(response.headers['content-type'] ?? ''))
    throw new Error(`${response.statusCode} ${await textOf(response)}`);
  const over = new Promise<void>((resolve) => {
    response.once('close', () => resolve());
  });
  const { take, viewing: made } = viewing(() => response.destroy(), over);
  let text = '';
  response.setEncoding('utf8');
  response.on('error', () => {});
  response.on('data', (chunk: string) => {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data === undefined) continue;
      const event = JSON.parse(data) as ViewerEvent;
      const id = /^id: (\d+)$/m.exec(block)?.[1];
      if (id !== undefined && Number(id) !== event.cursor) throw new Error(`id ${id} of cursor ${event.cursor}`);
      take(event);
    }
  });
  return made;
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

/** The texts of all finals, in order. */
export const finalTexts = (events: readonly ViewerEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'final' ? [event.text] : []));

/** Reads a room over a WebSocket of its own: the fault it is sent away with is among its events. */
export async function watchSocket(url: string, path: string, credential: string): Promise<Viewing> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/rooms/${path}`, [
    VIEW_SUBPROTOCOL,
    `sotto.auth.${credential}`,
  ]);
  const over = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  const { take, viewing: made } = viewing(() => socket.close(), over);
  socket.on('message', (data) => take(JSON.parse(String(data)) as ViewerEvent));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return made;
}

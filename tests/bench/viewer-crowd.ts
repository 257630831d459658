// Many viewers in a process of their own for `viewers`: they read as cheaply as can be, and write down when what came.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { CrowdAnswer, CrowdOrder } from './parts/viewers.ts';

/** Connections opened at a time: a server takes so many waiting ones and no more. */
const OPENING = 50;
const CURSOR = /"cursor":(\d+)/g;

/** Cursor → when each viewer had it, wall ms. */
const arrivals = new Map<number, number[]>();
let lost = 0;

const wallMs = (): number => performance.timeOrigin + performance.now();

function dial({ port, path, kind }: CrowdOrder, reads: 'reads' | 'stalls'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const key = randomBytes(16).toString('base64');
    const upgrade = `upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n`;
    socket.write(
      kind === 'ws'
        ? `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${upgrade}\r\n`
        : `GET ${path}/events HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n\r\n`,
    );
    socket.once('error', reject);
    socket.once('data', () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      socket.once('close', () => lost++);
      resolve(socket);
      if (reads === 'stalls') return void socket.pause();
      socket.on('data', (chunk) => {
        const nowMs = wallMs();
        for (const [, cursor] of chunk.toString('latin1').matchAll(CURSOR)) {
          const times = arrivals.get(Number(cursor));
          if (times === undefined) arrivals.set(Number(cursor), [nowMs]);
          else times.push(nowMs);
        }
      });
    });
  });
}

process.on('message', async (order: CrowdOrder | 'report') => {
  if (order === 'report') {
    const answer: CrowdAnswer = { arrivals: [...arrivals], lost };
    arrivals.clear();
    return void process.send?.(answer);
  }
  for (let open = 0; open < order.viewers; open += OPENING)
    await Promise.all(Array.from({ length: Math.min(OPENING, order.viewers - open) }, () => dial(order, 'reads')));
  for (let i = 0; i < order.stalled; i++) await dial(order, 'stalls');
  process.send?.('open');
});
process.once('disconnect', () => process.exit(0));

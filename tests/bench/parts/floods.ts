// How late the server's event loop is while one client floods it with the smallest pieces of each kind.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Flood, floods } from '../../support/floods.ts';
import { machine, readArgs, table } from '../report.ts';

const HEAD = ['flood', 'MiB taken', 'ended by', 'event loop p99 ms', 'max ms', 'busy at once, CPU ms'];

export async function run(args: string[]): Promise<void> {
  const { only, seconds, transport } = readArgs(args, { only: '', seconds: '3', transport: 'ws' });
  console.log(`${machine()}; ${transport}, one client for ${seconds} s; timer resolution 1 ms`);
  const rows: (string | number)[][] = [HEAD];
  for (const [name, flood] of floods())
    if (name.includes(only!)) rows.push([name, ...(await measured(flood, Number(seconds), transport!))]);
  console.log(table(rows));
}

async function measured(flood: Flood, seconds: number, transport: string): Promise<(string | number)[]> {
  const path = fileURLToPath(new URL('../upload-server.ts', import.meta.url));
  const child: ChildProcess = fork(path, [transport], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [{ url, tcpPort }] = (await once(child, 'message')) as [{ url: string; tcpPort: number }];
  const port = flood.to === 'http' ? Number(new URL(url).port) : tcpPort;
  try {
    // Code is compiled before anything is measured.
    await send(flood, port, Math.min(1, seconds));
    child.send('reset');
    await once(child, 'message');
    const { bytes, isCut } = await send(flood, port, seconds);
    child.send('report');
    const [report] = (await once(child, 'message')) as [{ p99: number; max: number; busyMs: number }];
    const numbers = [report.p99, report.max, report.busyMs].map((number) => number.toFixed(1));
    return [(bytes / (1 << 20)).toFixed(1), isCut ? 'server' : '-', ...numbers];
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** Sends as fast as it is taken, and reads whatever comes. */
async function send({ head, block }: Flood, port: number, seconds: number): Promise<{ bytes: number; isCut: boolean }> {
  const socket = connect(port, '127.0.0.1');
  let isOver = false;
  const isCut = new Promise<boolean>((resolve) => {
    const cut = (): void => resolve(!isOver);
    socket.once('error', cut);
    socket.once('close', cut);
  });
  socket.on('error', () => {});
  socket.resume();
  socket.write(head, 'latin1');
  // No client sends frames before the server has agreed to them.
  if (head.includes('upgrade:')) await Promise.race([once(socket, 'data'), isCut]);
  const pump = (): void => {
    while (!isOver && !socket.destroyed && socket.write(block));
  };
  socket.on('drain', pump);
  pump();
  const timer = setTimeout(() => {
    isOver = true;
    socket.destroy();
  }, seconds * 1_000);
  const wasCut = await isCut;
  isOver = true;
  clearTimeout(timer);
  const bytes = socket.bytesWritten - socket.writableLength;
  socket.destroy();
  return { bytes, isCut: wasCut };
}

// What it costs to serve sockets: CPU, memory and delay of paced streams, and of open sessions that say nothing.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { sound } from '../../support/scripted-server.ts';
import { cpuSeconds, machine, memoryMb, quantile, readArgs, table } from '../report.ts';

const FRAME_MS = 100;
const FRAME_SAMPLES = 1_600;
/** Connections opened at a time: a server takes so many waiting ones and no more. */
const OPENING = 50;
/** Dropped at the start of a measurement: code is compiled then. */
const WARM_UP_SECONDS = 2;

const HEAD = ['served by', 'streams', 'frames/s', 'CPU s/s', 'frames/CPU s', 'MB', 'answer p50 ms', 'p95', 'p99'];
const IDLE_HEAD = ['served by', 'sessions', 'CPU s/s', 'MB before', 'MB after', 'kB each'];

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    kinds: 'control,ws echo,uws echo,ws,uws',
    streams: '100,1000',
    seconds: '5',
    idle: '1000',
  });
  const seconds = Number(options['seconds']);
  console.log(`${machine()}; frames of ${FRAME_MS} ms of 16 kHz audio, paced, ${seconds} s after ${WARM_UP_SECONDS} s`);
  const rows: (string | number)[][] = [HEAD];
  const idle: (string | number)[][] = [IDLE_HEAD];
  for (const kind of options['kinds']!.split(',')) {
    for (const streams of options['streams']!.split(',').map(Number))
      rows.push(await withServer(kind, (url, pid) => paced(kind, { url, pid, streams, seconds })));
    if (Number(options['idle']) > 0)
      idle.push(
        await withServer(kind, (url, pid) => quiet(kind, { url, pid, streams: Number(options['idle']), seconds })),
      );
  }
  console.log(`${table(rows)}\n\nopen and silent:\n${table(idle)}`);
}

async function withServer<T>(kind: string, use: (url: string, pid: number) => Promise<T>): Promise<T> {
  const path = fileURLToPath(new URL('../transport-server.ts', import.meta.url));
  const child: ChildProcess = fork(path, [kind], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { url: string }).url));
    child.once('exit', (code) => reject(new Error(`the server stopped (${code})`)));
  });
  try {
    return await use(url, child.pid!);
  } finally {
    await new Promise((resolve) => {
      child.once('exit', resolve);
      child.disconnect();
    });
  }
}

interface Load {
  readonly url: string;
  readonly pid: number;
  readonly streams: number;
  readonly seconds: number;
}

async function dialAll({ url, streams }: Load): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  while (sockets.length < streams) {
    const some = Array.from({ length: Math.min(OPENING, streams - sockets.length) }, () => dial(url));
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

function dial(url: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    socket.once('error', reject);
    socket.once('open', () => {
      socket.send('{"type":"start","cleanup":{"mode":"off"}}');
      resolve(socket);
    });
  });
}

/** Every stream sends a frame each 100 ms; the delay is from the frame that fills a second to the answer. */
async function paced(kind: string, load: Load): Promise<(string | number)[]> {
  const { pid, streams, seconds } = load;
  const speech = Buffer.from(sound(4, [[0, 1]]).buffer);
  const sockets = await dialAll(load);
  const delays: number[] = [];
  const sentMs = new Float64Array(streams);
  let measuring = false;
  let lost = 0;
  for (const [i, socket] of sockets.entries()) {
    socket.on('message', (data: Buffer) => {
      if (measuring && data.subarray(0, 13).includes('"ack"')) delays.push(performance.now() - sentMs[i]!);
    });
    socket.once('close', () => lost++);
  }
  const startMs = performance.now();
  let frames = 0;
  let sent = 0;
  let before = { frames: 0, cpu: 0, ms: 0 };
  while (performance.now() - startMs < (WARM_UP_SECONDS + seconds) * 1_000) {
    // Streams are spread evenly over the 100 ms.
    const due = Math.floor(((performance.now() - startMs) / FRAME_MS) * streams);
    for (; sent < due; sent++) {
      const [i, frame] = [sent % streams, Math.floor(sent / streams)];
      if (frame % 10 === 9) sentMs[i] = performance.now();
      const at = (frame * FRAME_SAMPLES * 2) % speech.length;
      sockets[i]!.send(speech.subarray(at, at + FRAME_SAMPLES * 2));
      frames++;
    }
    if (!measuring && performance.now() - startMs > WARM_UP_SECONDS * 1_000) {
      measuring = true;
      before = { frames, cpu: cpuSeconds(pid), ms: performance.now() };
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const took = (performance.now() - before.ms) / 1_000;
  const cpu = cpuSeconds(pid) - before.cpu;
  const count = frames - before.frames;
  const memory = memoryMb(pid);
  if (lost > 0) console.log(`${kind}: ${lost} connections were lost`);
  for (const socket of sockets) socket.terminate();
  return [
    ...[kind, String(streams), count / took, cpu / took, count / cpu, memory],
    ...[0.5, 0.95, 0.99].map((share) => quantile(delays, share)),
  ];
}

/** What sessions cost that are open and say nothing. */
async function quiet(kind: string, load: Load): Promise<(string | number)[]> {
  const { pid, streams, seconds } = load;
  for (const socket of await dialAll({ ...load, streams: OPENING })) socket.terminate();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = memoryMb(pid);
  const sockets = await dialAll(load);
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_SECONDS * 1_000));
  const cpu = cpuSeconds(pid);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const used = (cpuSeconds(pid) - cpu) / seconds;
  const after = memoryMb(pid);
  for (const socket of sockets) socket.terminate();
  return [kind, String(streams), used, before, after, ((after - before) * 1_000) / streams];
}

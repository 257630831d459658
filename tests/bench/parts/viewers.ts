// How far the text of a room's viewers is behind the speaker's own, ms, and what viewers cost the speaker and the server.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { connect, type ViewerEvent, watchRoom } from '../../../client/sdk/index.ts';
import { sound } from '../../support/scripted-server.ts';
import { cpuSeconds, machine, memoryMb, quantile, readArgs, table } from '../report.ts';

export interface CrowdOrder {
  readonly port: number;
  readonly path: string;
  readonly kind: 'ws' | 'sse';
  readonly viewers: number;
  readonly stalled: number;
}

export interface CrowdAnswer {
  readonly arrivals: readonly (readonly [cursor: number, wallMs: readonly number[]])[];
  readonly lost: number;
}

const STEP_MS = 20;
const STEP = (16_000 * STEP_MS) / 1_000;
/** Dropped at the start: code is compiled then. */
const WARM_UP_SECONDS = 3;
/** Of the control's messages: as long as a partial, as often as partials and finals come. */
const CONTROL_EVERY_MS = 100;
const HEAD = [
  'served by',
  'viewers',
  'events',
  'behind p50 ms',
  'p95',
  'max',
  'missed',
  'speaker p50 ms',
  'p95',
  'CPU s/s',
  'MB',
];

const wallMs = (): number => performance.timeOrigin + performance.now();

interface Spoken {
  /** Cursor → when the speaker had the event, wall ms. */
  readonly atMs: ReadonlyMap<number, number>;
  /** From the sound's leaving to its text, ms. */
  readonly delays: readonly number[];
}

export async function run(args: string[]): Promise<void> {
  const { runs, seconds, stalled } = readArgs(args, {
    runs: 'control:500,ws:0,ws:500,ws-sse:500,uws:500,uws-sse:500,ws:1000,control:1000',
    seconds: '20',
    stalled: '1',
  });
  console.log(
    `${machine()}; one speaker in real time, ${seconds} s after ${WARM_UP_SECONDS} s, ${stalled} more viewers that never read`,
  );
  const rows: (string | number)[][] = [HEAD];
  for (const each of runs!.split(',')) {
    const [kind = 'ws', viewers = '500'] = each.split(':');
    rows.push(await measured(kind, { viewers: Number(viewers), seconds: Number(seconds), stalled: Number(stalled) }));
  }
  console.log(table(rows));
}

interface Wanted {
  readonly viewers: number;
  readonly seconds: number;
  readonly stalled: number;
}

async function measured(kind: string, { viewers, seconds, stalled }: Wanted): Promise<(string | number)[]> {
  const [transport = 'ws', by] = kind.split('-');
  const server = start('viewer-server', transport);
  const { port } = (await message(server)) as { port: number };
  const crowd = start('viewer-crowd');
  const order: CrowdOrder = { port, path: '/v1/rooms/bench', kind: by === 'sse' ? 'sse' : 'ws', viewers, stalled };
  crowd.send(order);
  await message(crowd);
  const cpuBefore = cpuSeconds(server.pid!);
  const spoken = await (kind === 'control' ? repeat(port, seconds) : speak(port, seconds));
  const cpu = (cpuSeconds(server.pid!) - cpuBefore) / (seconds + WARM_UP_SECONDS);
  const memory = memoryMb(server.pid!);
  // What is under way still arrives.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  crowd.send('report');
  const { arrivals, lost } = (await message(crowd)) as CrowdAnswer;
  if (lost > 0) console.log(`${kind}: ${lost} viewers were lost`);
  await Promise.all([stop(crowd), stop(server)]);
  const came = new Map(arrivals);
  const behind: number[] = [];
  let missed = 0;
  for (const [cursor, speakerMs] of spoken.atMs) {
    const times = came.get(cursor) ?? [];
    missed += viewers - times.length;
    for (const time of times) behind.push(time - speakerMs);
  }
  return [
    ...[kind, String(viewers), String(spoken.atMs.size)],
    ...[quantile(behind, 0.5), quantile(behind, 0.95), quantile(behind, 1), String(missed)],
    ...[quantile(spoken.delays, 0.5), quantile(spoken.delays, 0.95), cpu, memory],
  ];
}

/** Speaks in real time; a viewer of its own tells which cursor an event has. */
async function speak(port: number, seconds: number): Promise<Spoken> {
  const url = `http://127.0.0.1:${port}`;
  const session = await connect({ url, room: 'bench', WebSocket: WebSocket as never, cleanup: { mode: 'off' } });
  const cursors = new Map<string, number>();
  const watching = watchRoom({
    ...{ url, room: 'bench', WebSocket: WebSocket as never },
    on: { event: (event) => cursors.set(nameOf(event), event.cursor) },
  });
  const length = seconds + WARM_UP_SECONDS;
  const spans = Array.from({ length: Math.ceil(length / 3) }, (_, i) => [i * 3 + 0.1, i * 3 + 2.3] as const);
  const samples = sound(length, spans);
  const sentMs: number[] = [];
  const sentAtMs = new Map<string, number>();
  const delays: number[] = [];
  const hear = (event: Parameters<typeof nameOf>[0] & { readonly toMs: number }): void => {
    const nowMs = wallMs();
    if (event.toMs < WARM_UP_SECONDS * 1_000) return;
    sentAtMs.set(nameOf(event), nowMs);
    const sent = sentMs[Math.min(sentMs.length - 1, Math.floor(event.toMs / STEP_MS))]!;
    if (event.type === 'partial') delays.push(nowMs - sent);
  };
  session.on('partial', hear);
  session.on('final', hear);
  const startMs = performance.now();
  for (let at = 0; at < samples.length; at += STEP) {
    const dueMs = startMs + (at / 16_000) * 1_000;
    while (performance.now() < dueMs) await new Promise((resolve) => setTimeout(resolve, 1));
    sentMs.push(wallMs());
    session.send(samples.subarray(at, at + STEP));
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  session.close();
  watching.close();
  const atMs = new Map(
    [...sentAtMs].flatMap(([name, ms]) => (cursors.has(name) ? [[cursors.get(name)!, ms] as const] : [])),
  );
  return { atMs, delays };
}

function nameOf(event: ViewerEvent | { readonly type: string; readonly sentence: number }): string {
  const revision = 'revision' in event ? event.revision : '';
  return 'sentence' in event ? `${event.type} ${event.sentence} ${revision}` : event.type;
}

/** The same against the control: messages of a partial's length, told to who sent them and to all others. */
async function repeat(port: number, seconds: number): Promise<Spoken> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await new Promise((resolve) => socket.once('open', resolve));
  const atMs = new Map<number, number>();
  const sent = new Map<number, number>();
  const delays: number[] = [];
  socket.on('message', (data) => {
    const cursor = Number(/"cursor":(\d+)/.exec(String(data))?.[1]);
    const nowMs = wallMs();
    if (cursor * CONTROL_EVERY_MS < WARM_UP_SECONDS * 1_000) return;
    atMs.set(cursor, nowMs);
    delays.push(nowMs - sent.get(cursor)!);
  });
  const startMs = performance.now();
  const stable = 'And this is what it says. '.repeat(3);
  for (let cursor = 1; cursor * CONTROL_EVERY_MS < (seconds + WARM_UP_SECONDS) * 1_000; cursor++) {
    while (performance.now() < startMs + cursor * CONTROL_EVERY_MS)
      await new Promise((resolve) => setTimeout(resolve, 1));
    sent.set(cursor, wallMs());
    socket.send(JSON.stringify({ type: 'partial', cursor, session: '0'.repeat(36), channel: 0, sentence: 1, stable }));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  socket.terminate();
  return { atMs, delays };
}

function start(name: string, ...args: string[]): ChildProcess {
  const path = fileURLToPath(new URL(`../${name}.ts`, import.meta.url));
  return fork(path, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`a process stopped (${code})`)));
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.disconnect();
  });
}

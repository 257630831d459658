// How late the server's event loop, and what live sessions say, is while somebody works with stored transcripts.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { connect } from '../../../client/sdk/index.ts';
import { sound } from '../../support/scripted-server.ts';
import { machine, median, readArgs, table } from '../report.ts';
import type { StoreAnswer, StoreRequest } from '../store-messages.ts';

const HEAD = ['meanwhile', 'seconds', 'event loop p99 ms', 'max ms', 'an answer to live audio, max ms'];
/** Two hours of speech. */
const SENTENCES = 1_440;

interface Place {
  readonly url: string;
  /** Of meetings that are kept, each used once. */
  readonly ids: string[];
  ask(asked: StoreRequest): Promise<StoreAnswer>;
}

const MEANWHILE: readonly (readonly [string, (place: Place) => Promise<void>])[] = [
  ['nothing', () => new Promise((resolve) => setTimeout(resolve, 2_000))],
  ['20 of 2 h are read', ({ url, ids }) => times(20, () => get(`${url}/v1/transcripts/${ids[0]}`))],
  [
    '20 are exported with words',
    ({ url, ids }) => times(20, () => get(`${url}/v1/transcripts/${ids[0]}/export?format=json`)),
  ],
  [
    '20 are exported as subtitles',
    ({ url, ids }) => times(20, () => get(`${url}/v1/transcripts/${ids[0]}/export?format=srt`)),
  ],
  [
    '20 searches',
    ({ url }) => times(20, (i) => get(`${url}/v1/transcripts?query=${['the', 'ou', 'rain', 'e'][i % 4]}`)),
  ],
  ['20 new sessions are kept', ({ url }) => times(20, () => speakOnce(url))],
  ['one of 2 h is deleted', ({ url, ids }) => times(1, () => remove(`${url}/v1/transcripts/${ids.pop()}`))],
  [
    'five of 2 h are deleted at once',
    async ({ url, ids }) => {
      await Promise.all(ids.splice(-5).map((id) => remove(`${url}/v1/transcripts/${id}`)));
    },
  ],
  ['keep-days deletes all', async ({ ask }) => void (await ask({ kind: 'expire' }))],
];

/** `npm run bench -- store --meetings 20 --runs 3` */
export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, { meetings: '20', runs: '3' });
  console.log(
    `${machine()}; ${options['meetings']} meetings of 2 h are kept, ${options['runs']} runs, median of each figure`,
  );
  const runs: number[][][] = [];
  for (let i = 0; i < Number(options['runs']); i++) runs.push(await measure(Number(options['meetings'])));
  const rows = MEANWHILE.map(([name], row) => [
    name,
    ...[0, 1, 2, 3].map((column) => median(runs.map((run) => run[row]![column]!))),
  ]);
  console.log(table([HEAD, ...rows]));
}

async function measure(meetings: number): Promise<number[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-store-'));
  const child = fork(fileURLToPath(new URL('../store-server.ts', import.meta.url)), [folder], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const { url } = (await readAnswer(child)) as Extract<StoreAnswer, { kind: 'open' }>;
    const ask = (asked: StoreRequest): Promise<StoreAnswer> => {
      child.send(asked);
      return readAnswer(child);
    };
    const { ids } = (await ask({ kind: 'keep', meetings, sentences: SENTENCES })) as Extract<
      StoreAnswer,
      { kind: 'kept' }
    >;
    const place = { url, ids: [...ids], ask };
    // Code is compiled before anything is measured.
    for (const path of [`/${ids[0]}`, `/${ids[0]}/export?format=json`, '?query=the'])
      await get(`${url}/v1/transcripts${path}`);
    const rows: number[][] = [];
    for (const [, work] of MEANWHILE) rows.push(await beside(place, work));
    return rows;
  } finally {
    child.disconnect();
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One piece of work beside a live session, whose audio is answered every tenth of a second. */
async function beside(place: Place, work: (place: Place) => Promise<void>): Promise<number[]> {
  const session = await connect({ url: place.url, WebSocket: WebSocket as never });
  const delays: number[] = [];
  const pcm = sound(1, [[0, 1]]);
  let isOver = false;
  const speaking = (async () => {
    while (!isOver) {
      session.send(pcm.subarray(0, 1_600));
      const began = performance.now();
      await session.flush();
      delays.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  await place.ask({ kind: 'reset' });
  const began = performance.now();
  await work(place);
  const seconds = (performance.now() - began) / 1_000;
  const { p99, max } = (await place.ask({ kind: 'report' })) as Extract<StoreAnswer, { kind: 'report' }>;
  isOver = true;
  await speaking;
  await session.close();
  return [seconds, p99, max, Math.max(...delays)];
}

async function readAnswer(child: ChildProcess): Promise<StoreAnswer> {
  const [message] = await once(child, 'message');
  return message as StoreAnswer;
}

async function times(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i++) await work(i);
}

async function get(url: string): Promise<void> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  await response.arrayBuffer();
}

async function remove(url: string): Promise<void> {
  const response = await fetch(url, { method: 'DELETE' });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
}

async function speakOnce(url: string): Promise<void> {
  const session = await connect({ url, keep: {}, WebSocket: WebSocket as never });
  session.send(sound(1, [[0.2, 0.8]]));
  await session.finish();
}

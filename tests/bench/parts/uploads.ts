// How late the server's event loop is while somebody uploads files and forms made to hold it up.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { emptyBoxes, nestedBoxes, tags } from '../../support/hostile-files.ts';
import { formWith, type HostileBody, hostileForms } from '../../support/hostile-forms.ts';
import { machine, readArgs, table } from '../report.ts';

const MIB = 1 << 20;
const RECORDING = readFileSync(new URL('../../fixtures/formats/short_01.mp3', import.meta.url));
const HEAD = ['upload', 'answer', 'seconds', 'event loop p99 ms', 'max ms', 'busy at once, CPU ms'];
type Send = (url: string) => Promise<string>;

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, { only: '' });
  console.log(`${machine()}; event-loop delay of the server during each upload, timer resolution 1 ms`);
  const rows: (string | number)[][] = [HEAD];
  for (const [name, send] of uploads()) {
    if (!name.includes(options['only']!)) continue;
    rows.push([name, ...(await measured(send))]);
  }
  console.log(table(rows));
}

function uploads(): ReadonlyMap<string, Send> {
  const file = (bytes: Uint8Array): Send => post('/v1/listen', { type: 'audio/mp4', bytes });
  const form = (body: HostileBody): Send => post('/v1/audio/transcriptions', body);
  const files: (readonly [string, Send])[] = [
    ['nothing', () => new Promise((resolve) => setTimeout(() => resolve('-'), 2_000))],
    ['a recording', form(formWith(RECORDING))],
    ['8 MiB of empty boxes', file(emptyBoxes(8 * MIB))],
    ['32 MiB of empty boxes', file(emptyBoxes(32 * MIB))],
    ['100,000 nested boxes', file(nestedBoxes(100_000))],
    ['8 MiB of empty ID3 tags', file(tags(838_000, 0))],
    ['100 MiB that are nothing', file(new Uint8Array(100 * MIB))],
    ['100 MiB in a form', form(formWith(new Uint8Array(100 * MIB)))],
    ['live: 1 MiB of empty ID3 tags', live(tags(104_000, 0))],
  ];
  const forms = [...hostileForms()].map(([name, body]) => [`form: ${name}`, form(body)] as const);
  return new Map([...files, ...forms]);
}

async function measured(send: Send): Promise<(string | number)[]> {
  const path = fileURLToPath(new URL('../upload-server.ts', import.meta.url));
  const child: ChildProcess = fork(path, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  try {
    // Code is compiled, and a decoding process started, before anything is measured.
    await post('/v1/audio/transcriptions', formWith(RECORDING))(url);
    child.send('reset');
    await once(child, 'message');
    const began = performance.now();
    const answer = await send(url);
    const seconds = (performance.now() - began) / 1_000;
    child.send('report');
    const [report] = (await once(child, 'message')) as [{ p99: number; max: number; busyMs: number }];
    return [answer, ...[seconds, report.p99, report.max, report.busyMs].map((number) => number.toFixed(1))];
  } finally {
    child.disconnect();
    await once(child, 'exit');
  }
}

function post(path: string, { type, bytes, step }: HostileBody): Send {
  return async (url) => {
    const headers = { 'content-type': type, ...(step === undefined ? { 'content-length': bytes.length } : {}) };
    const asked = request(url + path, { method: 'POST', headers, agent: false });
    const answer = new Promise<string>((resolve) => {
      asked.once('response', (response) => {
        response.resume();
        resolve(String(response.statusCode));
      });
      asked.once('error', ({ message }) => resolve(message));
    });
    for (let at = 0; at < bytes.length && !asked.destroyed; at += step ?? bytes.length)
      if (!asked.write(bytes.subarray(at, at + (step ?? bytes.length))))
        await Promise.race([answer, once(asked, 'drain').catch(() => {})]);
    asked.end();
    const status = await answer;
    asked.destroy();
    return status;
  };
}

function live(frame: Uint8Array): Send {
  return async (url) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/listen`);
    await once(socket, 'open');
    socket.send(frame);
    const [status] = await once(socket, 'close');
    return String(status);
  };
}

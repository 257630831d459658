import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { WebSocket } from 'ws';
import { connect, type ServerEvent, type Session } from '../../client/sdk/index.ts';
import { readRecordings, readSamples } from '../support/recordings.ts';
import { freePort } from '../support/scripted-process.ts';
import { finalsOf } from '../support/scripted-server.ts';
import { type ServerProcess, startServerProcess, statusOf } from '../support/server-process.ts';
import { until } from '../support/until.ts';
import { wordErrorRate } from '../support/wer.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const speech = readRecordings(path('tests/fixtures/speech')).find(({ file }) => file === 'jfk.wav')!;
const samples = readSamples(speech.path);
const SECOND = 16_000;

/** With the real model. */
function serve(port: number, data: string): Promise<ServerProcess> {
  const options = ['--model', 'tiny.en', '--cleanup', 'rules', '--port', String(port), '--data', data];
  return startServerProcess(options, (end) => t.teardown(end));
}

/** Undefined when nobody listens any more. */
const readiness = (url: string): Promise<number | undefined> => statusOf(url, '/readyz').catch(() => undefined);

function read(session: Session): { readonly events: ServerEvent[]; readonly over: Promise<void> } {
  const events: ServerEvent[] = [];
  const reading = async (): Promise<void> => {
    for await (const event of session) events.push(event);
  };
  return { events, over: reading() };
}

/** In pieces, as they come from a microphone. */
function send(session: Session, from: number, to: number): void {
  for (let at = from; at < to; at += 1_600) session.send(samples.subarray(at, Math.min(to, at + 1_600)));
}

t.test('a server with its real model is killed in mid-speech, and started again: no word is missing', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'sotto-'));
  t.teardown(() => rmSync(data, { recursive: true, force: true }));
  const port = await freePort();
  const first = await serve(port, data);
  const session = await connect({ url: first.url, WebSocket: WebSocket as never, language: 'en' });
  const { events, over } = read(session);
  send(session, 0, 5 * SECOND);
  await until(() => events.some(({ type }) => type === 'partial' || type === 'final'));
  first.child.kill('SIGKILL');
  await first.output.exit;
  send(session, 5 * SECOND, 8 * SECOND);
  const { child, output, url } = await serve(port, data);
  send(session, 8 * SECOND, samples.length);
  await session.finish();
  await over;
  const text = finalsOf(events).join(' ');
  const { errors } = wordErrorRate(speech.text, text, 'en');
  t.ok(errors <= 1, text);

  await t.test('while it stops it says that it is not ready', async (t) => {
    const last = await connect({ url: first.url, WebSocket: WebSocket as never, language: 'en' });
    const { events, over } = read(last);
    t.equal(await readiness(url), 200);
    // It has to wait for the last words, which nobody hears for now.
    const found = spawnSync('pgrep', ['-P', String(child.pid), '-f', 'engine/child/main'], { encoding: 'utf8' });
    const recogniser = Number(found.stdout.trim());
    process.kill(recogniser, 'SIGSTOP');
    send(last, 0, 2 * SECOND);
    await until(() => events.some(({ type }) => type === 'speech'));
    child.kill('SIGTERM');
    await until(async () => (await readiness(url)) !== 200);
    t.equal(await readiness(url), 503);
    process.kill(recogniser, 'SIGCONT');
    t.equal(await output.exit, 0);
    last.close();
    await over.catch(() => {});
  });
});

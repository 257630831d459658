import { type ChildProcess, spawn } from 'node:child_process';
import { request } from 'node:http';
import { programArgs } from './program.ts';
import { until } from './until.ts';

/** What a process has written to stdout and stderr. */
export interface ProcessOutput {
  text(): string;
  readonly exit: Promise<number | null>;
}

export function listen(child: ChildProcess): ProcessOutput {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      text += chunk;
    });
  return { text: () => text, exit: new Promise((resolve) => child.once('close', resolve)) };
}

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly output: ProcessOutput;
  readonly url: string;
}

/**
 * The whole server as people start it, once it listens; `teardown` gets what ends it, whatever becomes of it. Throws what it
 * said when it stops instead.
 */
export async function startServerProcess(
  options: readonly string[],
  teardown: (end: () => void) => void,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...programArgs('server/main.ts'), '--no-measure', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  teardown(() => child.kill('SIGKILL'));
  const output = listen(child);
  await until(() => /listens at \S+\n/.test(output.text()) || child.exitCode !== null);
  const url = /listens at (\S+)\n/.exec(output.text())?.[1];
  if (url === undefined) throw new Error(output.text());
  return { child, output, url };
}

/** Status of the answer to a GET. Node's own request sends the path as it is; fetch would tidy it up. */
export const statusOf = (url: string, asked: string, headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const asking = request({ port: new URL(url).port, host: '127.0.0.1', path: asked, headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    asking.on('error', reject);
    asking.end();
  });

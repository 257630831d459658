import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { ScriptWord } from '../../server/engine/script.ts';

/** What a scripted server in a process of its own runs with. */
export interface ScriptedSetup {
  readonly words: readonly ScriptWord[];
  readonly port: number;
  /** Where it keeps its journals. */
  readonly folder: string;
  readonly graceMs?: number;
  /** Where it keeps transcripts; without, it keeps none. */
  readonly transcripts?: string;
  /** Sound louder than this share of full scale ends the process that judges it. */
  readonly deadlyAbove?: number;
  /** How far its wall clock is from the right time, ms. */
  readonly clockMs?: number;
  /** Folder of bundled programs to run as recogniser and cleaner; without, both answer inside the server. */
  readonly programs?: string;
}

/** How the process stands. */
export interface Look {
  readonly recogniser: number | undefined;
  readonly cleaner: number | undefined;
  readonly sessions: number;
  readonly memoryMb: number;
  /** In use once the garbage is gone: the heap and what lies beside it. */
  readonly usedMb: number;
  readonly timers: number;
  /** Longest delay of the event loop since the last look, ms. */
  readonly lagMs: number;
}

export interface ScriptedProcess {
  readonly url: string;
  readonly pid: number;
  /** Resolves when it is gone, for whatever reason. */
  readonly gone: Promise<void>;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  look(): Promise<Look>;
  /** Sets its wall clock so far from the right time, ms. */
  setClock(clockMs: number): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Bundles programs of this folder once, so that they start in a moment. Remove the folder when done. */
export async function bundle(...names: readonly string[]): Promise<{ readonly folder: string; remove(): void }> {
  // Inside the repository, where packages are found.
  const folder = mkdtempSync(join(ROOT, 'node_modules', '.sotto-test-'));
  await build({
    entryPoints: names.map((name) => join(dirname(fileURLToPath(import.meta.url)), `${name}.ts`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    ...{ bundle: true, platform: 'node', target: 'node20', format: 'esm', packages: 'external', logLevel: 'error' },
  });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function startScriptedProcess(program: string, setup: ScriptedSetup): Promise<ScriptedProcess> {
  const child = fork(program, [], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.send(setup);
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`the server stopped (${signal ?? code})`)));
    child.once('message', () =>
      resolve({
        url: `http://127.0.0.1:${setup.port}`,
        pid: child.pid!,
        gone,
        kill: () => {
          child.kill('SIGKILL');
          return gone;
        },
        look: () =>
          new Promise<Look>((resolve) => {
            child.once('message', (look) => resolve(look as Look));
            child.send('look');
          }),
        setClock: (clockMs) =>
          new Promise<void>((resolve) => {
            child.once('message', () => resolve());
            child.send({ clockMs });
          }),
      }),
    );
  });
}

/** A port that was free a moment ago, for a server that comes back to the same one. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { parseJson } from '../../../protocol/parse-json.ts';
import { UserError } from '../output/user-error.ts';
import { type InstanceAnswer, type InstanceRequest, parseInstanceRequest } from './core/verbs.ts';

const LINE_CHARS_MAX = 4_096;
/** Longest wait for a response, ms: some verbs wait for the last words. */
const ANSWER_MS = 60_000;
const PROBE_MS = 1_000;

/** Path of the socket of this user's instance. */
export function resolveControlPath(runtimeFolder: string, platform: NodeJS.Platform = process.platform): string {
  // Windows has a separate namespace for pipes; only their creator can write to them.
  return platform === 'win32'
    ? `\\\\.\\pipe\\sotto-dictate-${userInfo().username}`
    : join(runtimeFolder, 'dictate.sock');
}

/** Listens for verbs. Rejects with a `UserError` when another instance is running; the socket of a dead one is removed. */
export async function openControlSocket(
  path: string,
  answer: (request: InstanceRequest) => Promise<InstanceAnswer>,
): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serveSocket(socket, answer);
  });
  const file = !path.startsWith('\\\\');
  if (file) claimFolder(join(path, '..'));
  try {
    await listenOn(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw toUserError(path, error);
    if (await isAlive(path))
      throw new UserError(
        'sotto dictate runs already; ask it with `sotto dictate status`, end it with `sotto dictate stop`.',
      );
    rmSync(path, { force: true });
    await listenOn(server, path).catch((again) => {
      throw toUserError(path, again);
    });
  }
  if (file) chmodSync(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Idle connections must not delay the end.
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Sends a request to the running instance. Rejects with a `UserError` when there is none. */
export function askInstance(path: string, request: InstanceRequest): Promise<InstanceAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let received = '';
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new UserError('sotto dictate does not answer.')));
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      reject(absent ? new UserError('sotto dictate is not running; start it with `sotto dictate`.') : error);
    });
    socket.on('close', () => {
      try {
        resolve(parseJson(received) as InstanceAnswer);
      } catch {
        reject(new UserError('sotto dictate ended before it answered.'));
      }
    });
  });
}

function serveSocket(socket: Socket, answer: (request: InstanceRequest) => Promise<InstanceAnswer>): void {
  let received = '';
  socket.on('error', () => {});
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  socket.on('data', (chunk) => {
    received += chunk;
    const end = received.indexOf('\n');
    if (end === -1 && received.length <= LINE_CHARS_MAX) return;
    socket.removeAllListeners('data');
    const request =
      end === -1
        ? { problem: `A line has at most ${LINE_CHARS_MAX} characters.` }
        : parseInstanceRequest(received.slice(0, end));
    const answered =
      'problem' in request
        ? Promise.resolve({ ok: false, text: request.problem })
        : answer(request).catch((error) => ({
            ok: false,
            text: error instanceof Error ? error.message : String(error),
          }));
    void answered.then((answer) => socket.end(`${JSON.stringify(answer)}\n`, () => socket.destroy()));
  });
}

function listenOn(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(PROBE_MS, () => done(true));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

/** Makes sure that the folder of the socket is ours and closed to others: its parent may be writable by everybody. */
function claimFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const { uid } = userInfo();
  if (!found.isDirectory() || found.uid !== uid)
    throw new UserError(`${folder} belongs to somebody else; set XDG_RUNTIME_DIR to a folder of your own.`);
  if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

const toUserError = (path: string, error: unknown): UserError =>
  new UserError(`${path} cannot be used: ${error instanceof Error ? error.message : error}`);

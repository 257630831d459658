import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fault, isFault } from '../../protocol/index.ts';

// Only types, which are erased by the build: no code of the package for tests is ever loaded here.
export type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
} from 'uws-for-tests';
export type UwsLibrary = typeof import('uws-for-tests');

const PACKAGE_NAME = 'uWebSockets.js';
const EXPECTED =
  'ws, or uws with uWebSockets.js installed for this Node (npm install uNetworking/uWebSockets.js#v20.51.0, see server/README.md)';

/**
 * Rejects with a `config.value` fault when uWebSockets.js is not installed, is another package, or not built for this
 * Node.
 */
export async function loadUws(find: () => Promise<unknown> = findUws): Promise<UwsLibrary> {
  let library: UwsLibrary;
  try {
    const module = (await find()) as UwsLibrary & { readonly default?: UwsLibrary };
    library = module.default ?? module;
  } catch (cause) {
    if (isFault(cause)) throw cause;
    throw createFault('and uWebSockets.js cannot be loaded', cause);
  }
  // A republished build falls back to a substitute when it has no binary for this Node; that would be slower than `ws`.
  if (typeof library.getParts !== 'function') throw createFault('and what is installed has no binary for this Node');
  return library;
}

/**
 * Imports the package of that name if it is what the name says: npm can install any package under any name, and a
 * server must not run native code that its operator did not choose. Rejects with a `config.value` fault otherwise.
 */
export async function findUws(locate: () => string = () => import.meta.resolve(PACKAGE_NAME)): Promise<unknown> {
  let url: string;
  try {
    url = locate();
  } catch (cause) {
    throw createFault('and uWebSockets.js is not installed', cause);
  }
  const { name, version } = readPackage(fileURLToPath(url));
  if (name !== PACKAGE_NAME) throw createFault(`and ${name} ${version} is installed in place of uWebSockets.js`);
  return import(url);
}

/** Finds the nearest package around a file. */
function readPackage(path: string): { readonly name: string; readonly version: string } {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      if (typeof name === 'string') return { name, version: String(version) };
    } catch {
      // Look further up.
    }
  }
  return { name: 'something without a package', version: '' };
}

function createFault(problem: string, cause?: unknown): Fault {
  return new Fault('config.value', { name: 'transport', got: `uws, ${problem}`, want: EXPECTED }, { cause });
}

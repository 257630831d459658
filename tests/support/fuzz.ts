import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ROUTES } from '../../server/dialect/routes.ts';
import { visit } from './hostile-client.ts';
import { randomFrom } from './random.ts';
import { converse, type Door, finalsOf, openScriptedServer, script, sound } from './scripted-server.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Whichever is reached first. */
  readonly frames: number;
  readonly ms: number;
  readonly transport: NonNullable<Door['transport']>;
  readonly progress?: (frames: number) => void;
}

export interface FuzzReport {
  readonly frames: number;
  readonly visits: number;
  /** Conversations of a well-behaved client meanwhile, and those that did not come out word for word. */
  readonly conversations: number;
  readonly wrong: number;
  /** Of this process, after everybody has left: at the start, when warm, at the end. */
  readonly memoryMb: { readonly warm: number; readonly end: number };
  readonly descriptors: { readonly start: number; readonly end: number };
  readonly sessionsLeft: number;
  /** Bugs the server logged; every one is a failure. */
  readonly bugs: readonly string[];
}

const ATTACKERS = 8;
const SENTENCES = ['Now comes the first.', 'And then the second.'];
const WORDS = SENTENCES.flatMap((text, i) => script(text, 0.5 + i * 3));
const SOUND = sound(6, [
  [0.4, 1.8],
  [3.4, 4.8],
]);

/** Lets clients that keep no rule loose on a server, beside one that keeps them all. The same seed does the same. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const bugs: string[] = [];
  const log = {
    ...{ debug() {}, info() {}, warn() {} },
    error: (fields: Readonly<Record<string, unknown>>, text: string) => void bugs.push(`${text}: ${fields['err']}`),
  };
  const door = { transport: options.transport, graceMs: 50, log };
  const server = await openScriptedServer(WORDS, 64, door);
  const port = Number(new URL(server.url).port);
  const queries = ['/v3/ws?sample_rate=16000', '/v1/listen?encoding=linear16&sample_rate=8000', '/v1/listen'];
  const paths = [...ROUTES.keys(), ...queries, '/', '/v1/nowhere', '/v1/stream?resume=x', '/v1/rooms/x?from=start'];
  const descriptors = { start: openDescriptors(), end: 0 };
  const startMs = performance.now();
  const endMs = startMs + options.ms;
  let frames = 0;
  let visits = 0;
  let warm = 0;
  const isOver = (): boolean => frames >= options.frames || performance.now() >= endMs;
  const attack = async (number: number): Promise<void> => {
    const random = randomFrom(options.seed * 1_000 + number);
    while (!isOver()) {
      frames += await visit(random, port, paths);
      if (++visits % 500 === 0) options.progress?.(frames);
      // The script writes down every job, with its audio.
      server.recogniser.jobs.length = 0;
      if (warm === 0 && Math.max(frames / options.frames, (performance.now() - startMs) / options.ms) > 0.25)
        warm = memoryMb();
    }
  };
  let conversations = 0;
  let wrong = 0;
  const behave = async (): Promise<void> => {
    do {
      const events = await converse(await server.connect(), SOUND, 16_000);
      conversations++;
      if (JSON.stringify(finalsOf(events)) !== JSON.stringify(SENTENCES)) wrong++;
    } while (!isOver());
  };
  try {
    await Promise.all([behave(), ...Array.from({ length: ATTACKERS }, (_, i) => attack(i))]);
    for (let i = 0; i < 400 && server.registry.size > 0; i++) await new Promise((resolve) => setTimeout(resolve, 25));
    descriptors.end = openDescriptors();
    const end = memoryMb();
    const sessionsLeft = server.registry.size;
    return {
      frames,
      visits,
      conversations,
      wrong,
      memoryMb: { warm: warm || end, end },
      descriptors,
      sessionsLeft,
      bugs,
    };
  } finally {
    await server.close();
  }
}

/** What is in use once the garbage is gone, MB: the heap and what lies beside it. */
function memoryMb(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1e5) / 10;
}

/** Open files and sockets; 0 where the system does not say. */
function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

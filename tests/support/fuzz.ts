import { WebSocket } from 'ws';
import { connect } from '../../client/sdk/index.ts';
import { DIALECT_ROUTES } from '../../server/dialect/routes.ts';
import { FuzzServer, type FuzzTransport } from './fuzz-server.ts';
import { type Outcome, visitHttp, visitSocket, visitWyoming } from './hostile-client.ts';
import { randomFrom } from './random.ts';
import { converse, finalsOf, script, sound } from './scripted-server.ts';
import { simulateDelay } from './until.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Over all endpoints of the transport. */
  readonly frames: number;
  readonly transport: FuzzTransport;
  /** For one endpoint, ms; default no limit. */
  readonly msPerEndpoint?: number;
  /** Only endpoints whose name holds this. */
  readonly only?: string;
  readonly progress?: (row: FuzzRow) => void;
}

/** What became of one endpoint. */
export interface FuzzRow {
  readonly endpoint: string;
  readonly frames: number;
  readonly connections: number;
  /** Connections by the status they ended with. */
  readonly ends: Readonly<Record<string, number>>;
  /** Bugs that the server logged and nobody put in; every one is a failure. */
  readonly bugs: readonly string[];
  /** Reports of bugs that were put in. */
  readonly injected: number;
  readonly memoryMb: readonly [before: number, after: number];
  readonly descriptors: readonly [before: number, after: number];
  /** Sessions and timers that were left when everybody had gone and six hours had passed. */
  readonly left: { readonly sessions: number; readonly timers: number };
  /** Conversations of a client that keeps the rules, and those that did not come out word for word. */
  readonly conversations: number;
  readonly wrong: number;
  /** Why the process ended, when it did. */
  readonly death: string | undefined;
}

interface Target {
  readonly name: string;
  /** Its part of the frames. */
  readonly share: number;
  /** Callbacks throw now and then. */
  readonly breaks: boolean;
  visit(random: () => number, port: number): Promise<Outcome>;
}

const ATTACKERS = 8;
/** Time runs faster for the server, so that what waits for it comes. */
const SPEED = 10;
/** Memory that one endpoint may leave in use, MB. */
const MEMORY_MB_MAX = 150;
/** A callback in so many throws, where they throw. */
const BREAK_CHANCE = 1 / 60;
const SENTENCES = ['Now comes the first.', 'And then the second.'];
const WORDS = SENTENCES.flatMap((text, i) => script(text, 0.5 + i * 3));
const SOUND = sound(6, [
  [0.4, 1.8],
  [3.4, 4.8],
]);

const HTTP_PATHS = [
  ...['/v1/audio/transcriptions', '/v1/audio/translations', '/v1/listen', '/v1/models', '/v1/models/:x'],
  ...['/v1/realtime/client_secrets', '/v1/realtime/transcription_sessions', '/v1/auth/grant', '/v1/token', '/v3/token'],
  ...['/v1/transcripts', '/v1/transcripts/:x', '/v1/transcripts/:x/export', '/v1/rooms/:x/transcript'],
  ...['/v1/rooms/:x/events', '/v1/rooms/:x/captions.m3u8', '/v1/rooms/:x/captions/1.vtt', '/v1/rooms/:x/viewers'],
  ...['/v1/info', '/metrics', '/healthz', '/', '/:x', '(no HTTP)'],
];
/** A request is worth many frames, and takes as long. */
const HTTP_SHARE = 0.1;

/** Everything there is to attack over a transport. */
export function fuzzTargets(transport: FuzzTransport): readonly Target[] {
  if (transport === 'tcp')
    return [
      { name: 'wyoming', share: 4, breaks: false, visit: visitWyoming },
      { name: 'wyoming, handlers that throw', share: 1, breaks: true, visit: visitWyoming },
    ];
  const sockets = [...DIALECT_ROUTES.keys(), '/v1/rooms/x', '/v1/nowhere'].map((path) => ({
    ...{ name: path, share: path === '/v1/nowhere' ? 0.01 : 1, breaks: false },
    visit: (random: () => number, port: number) => visitSocket(random, port, path),
  }));
  const http = HTTP_PATHS.map((path) => ({
    ...{ name: `http ${path}`, share: HTTP_SHARE / HTTP_PATHS.length, breaks: false },
    visit: (random: () => number, port: number) => visitHttp(random, port, path),
  }));
  const anywhere = (random: () => number, port: number): Promise<Outcome> => {
    const from = random() < 0.9 ? sockets : http;
    return from[Math.floor(random() * from.length)]!.visit(random, port);
  };
  return [
    ...sockets,
    ...http,
    { name: 'all at once', share: 1, breaks: false, visit: anywhere },
    { name: 'all, handlers that throw', share: 1, breaks: true, visit: anywhere },
  ];
}

/**
 * Lets clients that keep no rule loose on a server in a process of its own, one endpoint after the other, beside one that
 * keeps them all. Each client does the same again with the same seed; when the server answers it is not the seed's to say.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzRow[]> {
  const { transport, seed, frames, only = '' } = options;
  const targets = fuzzTargets(transport).filter(({ name }) => name.includes(only));
  const shares = targets.reduce((sum, { share }) => sum + share, 0);
  const rows: FuzzRow[] = [];
  const setup = { transport, words: WORDS, seed, speed: SPEED };
  let server: FuzzServer | undefined;
  let breaks = false;
  try {
    for (const [i, target] of targets.entries()) {
      if (server === undefined || server.death !== undefined || breaks !== target.breaks) {
        await server?.close();
        breaks = target.breaks;
        server = await FuzzServer.start({ ...setup, chance: breaks ? BREAK_CHANCE : 0 });
        // What is made once is not counted as a loss.
        if (!breaks) await talk(server.url);
      }
      const count = Math.ceil((frames * target.share) / shares);
      const row = await attack(server, target, {
        seed: seed * 1_000 + i * 20,
        frames: count,
        ms: options.msPerEndpoint,
      });
      rows.push(row);
      options.progress?.(row);
    }
  } finally {
    await server?.close();
  }
  return rows;
}

interface Attack {
  readonly seed: number;
  readonly frames: number;
  readonly ms: number | undefined;
}

async function attack(server: FuzzServer, target: Target, { seed, frames: most, ms }: Attack): Promise<FuzzRow> {
  const before = await server.ask('state');
  const endMs = performance.now() + (ms ?? Number.POSITIVE_INFINITY);
  const ends: Record<string, number> = {};
  let frames = 0;
  let connections = 0;
  const isOver = (): boolean => frames >= most || performance.now() >= endMs || server.death !== undefined;
  const attacker = async (number: number): Promise<void> => {
    const random = randomFrom(seed + number);
    while (!isOver()) {
      const outcome = await target.visit(random, server.port);
      frames += outcome.frames;
      connections++;
      ends[outcome.end] = (ends[outcome.end] ?? 0) + 1;
    }
  };
  let conversations = 0;
  let wrong = 0;
  // Where parts throw, the sessions of clients that keep the rules fail, too.
  const behave = async (): Promise<void> => {
    if (target.breaks) return;
    do {
      const finals = await talk(server.url).catch((error: unknown) => [String(error)]);
      if (server.death !== undefined) return;
      conversations++;
      if (JSON.stringify(finals) !== JSON.stringify(SENTENCES)) wrong++;
    } while (!isOver());
  };
  await Promise.all([behave(), ...Array.from({ length: ATTACKERS }, (_, i) => attacker(i))]);
  const after = await settle(server, before);
  return {
    ...{ endpoint: target.name, frames, connections, ends, conversations, wrong },
    bugs: server.takeBugs(),
    injected: (after?.injected ?? 0) - (before?.injected ?? 0),
    memoryMb: [before?.memoryMb ?? 0, after?.memoryMb ?? 0],
    descriptors: [before?.descriptors ?? 0, after?.descriptors ?? 0],
    left: { sessions: after?.sessions ?? 0, timers: after?.timers ?? 0 },
    death: server.death,
  };
}

/**
 * How the server is when everybody has left and all times have run out. What those who left had sent is still read, some
 * frames at a time, so it gets a few seconds to have no more open than before.
 */
async function settle(
  server: FuzzServer,
  before: Awaited<ReturnType<FuzzServer['ask']>>,
): ReturnType<FuzzServer['ask']> {
  let state = await server.ask('settle');
  for (let i = 0; i < 250 && state !== undefined; i++) {
    const { sessions, descriptors, memoryMb } = state;
    const isSettled =
      descriptors <= (before?.descriptors ?? 0) + 2 && memoryMb < (before?.memoryMb ?? 0) + MEMORY_MB_MAX;
    if (sessions === 0 && isSettled) break;
    await simulateDelay(20);
    state = await server.ask('settle');
  }
  return state;
}

async function talk(url: string): Promise<string[]> {
  const session = await connect({ url, WebSocket: WebSocket as never });
  return finalsOf(await converse(session, SOUND, 16_000));
}

/** Why a row is a failure; empty when it is none. */
export function failuresOf(row: FuzzRow): string[] {
  const { death, bugs, wrong, conversations, left, memoryMb, descriptors, injected, endpoint } = row;
  return [
    ...(death === undefined ? [] : [death]),
    ...new Set(bugs),
    ...(wrong === 0 ? [] : [`${wrong} of ${conversations} conversations beside it were not word for word`]),
    ...(left.sessions === 0 ? [] : [`${left.sessions} sessions are left`]),
    ...(memoryMb[1] < memoryMb[0] + MEMORY_MB_MAX ? [] : [`memory grew from ${memoryMb[0]} to ${memoryMb[1]} MB`]),
    ...(descriptors[1] <= descriptors[0] + 20 ? [] : [`descriptors grew from ${descriptors[0]} to ${descriptors[1]}`]),
    ...(endpoint.includes('throw') && injected === 0 && death === undefined ? ['nothing threw'] : []),
  ];
}

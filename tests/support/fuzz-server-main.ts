// The server that is fuzzed, in a process of its own, so that its end is seen. It has no net below its guards.
import { readdirSync } from 'node:fs';
import { noAuth } from '../../server/access/no-auth.ts';
import { DIALECT_ROUTES } from '../../server/dialect/routes.ts';
import { createWyomingRoutes, WYOMING_PATH } from '../../server/dialect/wyoming.ts';
import type { DialectRoutes } from '../../server/ports/dialect.ts';
import { TcpTransport } from '../../server/transport/tcp.ts';
import { EnergyModel } from '../../server/vad/energy.ts';
import {
  BreakingRecogniser,
  breakHandler,
  breakRoutes,
  breakSpeechModel,
  InjectedError,
  isInjected,
  type MaybeThrow,
  throwNowAndThen,
} from './breaking-parts.ts';
import { FastClock } from './fast-clock.ts';
import type { FuzzServerReply, FuzzServerSetup } from './fuzz-server.ts';
import { memoryRecorder } from './memory-recorder.ts';
import { randomFrom } from './random.ts';
import { openScriptedServer, silentLog, uws, ws } from './scripted-server.ts';

/** Longer than anything waits: sessions at most, journals, rooms, tokens. */
const LONG_MS = 6 * 3_600_000;

const { transport: kind, words, chance, seed, speed } = JSON.parse(process.argv[2]!) as FuzzServerSetup;
const send = (reply: FuzzServerReply): void => void process.send!(reply);

let injected = 0;
const reportBug = (error: unknown, text: string): void => {
  if (isInjected(error)) injected++;
  else send({ kind: 'bug', text: `${text}: ${error instanceof Error ? error.stack : JSON.stringify(error)}` });
};
const log = {
  ...silentLog,
  error: (fields: Readonly<Record<string, unknown>>, text: string) => reportBug(fields['err'] ?? { ...fields }, text),
};
const random = randomFrom(seed);
const maybe: MaybeThrow = chance === 0 ? () => {} : throwNowAndThen(random, chance);
const clock = new FastClock(speed);
const open = kind === 'uws' ? uws : ws;
const recogniser = new BreakingRecogniser(words, maybe);
const server = await openScriptedServer(words, 64, {
  ...{ transport: open, graceMs: 50, log, clock, recogniser, recorder: memoryRecorder({ log, clock }).recorder },
  ...(chance === 0 ? {} : { speechModel: breakSpeechModel(new EnergyModel(), maybe) }),
});

/** The port of those who keep no rule; where handlers throw, it is not that of those who do. */
async function openHostilePort(): Promise<number> {
  const routes: DialectRoutes = kind === 'tcp' ? createWyomingRoutes('all') : DIALECT_ROUTES;
  const gateway = server.gatewayTo(chance === 0 ? routes : breakRoutes(routes, maybe), noAuth);
  const handler = chance === 0 ? gateway : breakHandler(gateway, maybe);
  const transport =
    kind === 'tcp'
      ? new TcpTransport(handler, { path: WYOMING_PATH, allowedAddresses: [] }, reportBug)
      : await open(handler, reportBug);
  return transport.listen('127.0.0.1', 0);
}

const state = (): FuzzServerReply => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return {
    kind: 'state',
    memoryMb: Math.round((heapUsed + external) / 1e5) / 10,
    descriptors: openDescriptors(),
    sessions: server.registry.size,
    timers: clock.waiting,
    injected,
  };
};

process.on('message', (message: 'state' | 'settle') => {
  if (message === 'state') return send(state());
  // What waits for its time to fail fails now.
  void clock.jump(LONG_MS).then(() => send(state()));
});
process.once('disconnect', () => process.exit(0));
// A seed decides what is thrown; that it can be thrown at all is checked here.
if (chance > 0 && !isInjected(new Error('x', { cause: new InjectedError('x') }))) throw new Error('not injected');
send({ kind: 'listening', url: server.url, port: await openHostilePort() });

/** Open files and sockets; 0 where the system does not say. */
function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

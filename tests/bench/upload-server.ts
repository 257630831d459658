// A server whose words come from a script, that reports how late its event loop was, and how long it was busy at once.
// `uws` as its argument: over uWebSockets.js. It listens for Wyoming, too.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { noAuth } from '../../server/access/no-auth.ts';
import { createWyomingRoutes, WYOMING_PATH } from '../../server/dialect/wyoming.ts';
import { TcpTransport } from '../../server/transport/tcp.ts';
import { openScriptedServer, script, uws, ws } from '../support/scripted-server.ts';

const transport = process.argv[2] === 'uws' ? uws : ws;
const server = await openScriptedServer(script('Hello there.', 0.6), 64, { transport });
const gateway = server.gatewayTo(createWyomingRoutes('all'), noAuth);
const wyoming = new TcpTransport(gateway, { path: WYOMING_PATH, allowedAddresses: [] }, (error) =>
  console.error(error),
);
const tcpPort = await wyoming.listen('127.0.0.1', 0);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
// Processor time between two turns does not grow when other processes want the machine.
let busyMs = 0;
let before = cpuMs();
setInterval(() => {
  const now = cpuMs();
  busyMs = Math.max(busyMs, now - before);
  before = now;
}, 1);
process.on('message', (message) => {
  if (message === 'reset') {
    delay.reset();
    busyMs = 0;
    process.send!('reset');
  } else process.send!({ p99: delay.percentile(99) / 1e6, max: delay.max / 1e6, busyMs });
});
process.on('disconnect', () => process.exit(0));
process.send!({ url: server.url, tcpPort });

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

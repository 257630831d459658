import t from 'tap';
import { UwsTransport } from '../../server/transport/uws.ts';
import { loadTestUws, NO_UWS, runsUws } from '../support/uws.ts';
import { type Make, transportContract } from './transport.ts';
import { bugContract } from './transport-bugs.ts';
import { connectStream, connectWebSocket, drainContract } from './transport-drain.ts';
import { hostileContract } from './transport-hostile.ts';
import { smallPartsContract } from './transport-small-parts.ts';
import { streamContract } from './transport-stream.ts';
import { tlsContract } from './transport-tls.ts';

const make: Make = async (handler, limits, reportBug) =>
  new UwsTransport(await loadTestUws(), handler, limits, reportBug);
if (runsUws) {
  transportContract(t, make);
  streamContract(t, make);
  drainContract(t, 'a WebSocket', connectWebSocket(make));
  drainContract(t, 'a WebSocket over TLS', connectWebSocket(make, 'wss'));
  drainContract(t, 'a response that goes on', connectStream(make));
  tlsContract(t, make);
  hostileContract(t, make, 'assumed');
  bugContract(t, make);
  smallPartsContract(t, make);
} else t.test('uWebSockets.js', { skip: NO_UWS }, async () => {});

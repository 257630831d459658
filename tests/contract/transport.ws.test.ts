import t from 'tap';
import { WsTransport } from '../../server/transport/ws.ts';
import { transportContract } from './transport.ts';

transportContract(t, async (handler, limits) => new WsTransport(handler, limits));

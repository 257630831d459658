import t from 'tap';
import { WsTransport } from '../../server/transport/ws.ts';
import { type Make, transportContract } from './transport.ts';
import { dawdlingContract, hostileContract } from './transport-hostile.ts';
import { streamContract } from './transport-stream.ts';
import { tlsContract } from './transport-tls.ts';

const make: Make = async (handler, limits) => new WsTransport(handler, limits);
transportContract(t, make);
streamContract(t, make);
tlsContract(t, make);
hostileContract(t, make, 'checked');
dawdlingContract(t, make);

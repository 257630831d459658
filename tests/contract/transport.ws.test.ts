import t from 'tap';
import { WsTransport } from '../../server/transport/ws.ts';
import { type Make, transportContract } from './transport.ts';
import { bugContract } from './transport-bugs.ts';
import { dawdlingContract, hostileContract } from './transport-hostile.ts';
import { fragmentsContract, parsingContract, smallPartsContract } from './transport-small-parts.ts';
import { streamContract } from './transport-stream.ts';
import { tlsContract } from './transport-tls.ts';

const make: Make = async (handler, limits, reportBug) => new WsTransport(handler, limits, reportBug);
transportContract(t, make);
streamContract(t, make);
tlsContract(t, make);
hostileContract(t, make, 'checked');
bugContract(t, make);
dawdlingContract(t, make);
smallPartsContract(t, make);
fragmentsContract(t, make);
parsingContract(t, make);

import { z } from 'zod';
import {
  Ack,
  Cleaned,
  ClientMessage,
  Configure,
  Done,
  FaultEvent,
  Final,
  Finish,
  Flush,
  Flushed,
  Keepalive,
  Notice,
  Partial,
  Ready,
  Resumed,
  ServerEvent,
  Speech,
  STREAM_PATH,
  Start,
  SUBPROTOCOL,
  ViewerEvent,
} from './index.ts';

const CLIENT = { Start, Configure, Flush, Keepalive, Finish };
const SERVER = { Ready, Resumed, Speech, Partial, Final, Cleaned, Notice, Ack, Flushed, Done, Fault: FaultEvent };

/** The generated documents by file name: JSON Schema of both directions, and AsyncAPI 3.0. */
export function schemaDocuments(): Readonly<Record<string, string>> {
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return {
    'client-message.schema.json': json(z.toJSONSchema(ClientMessage, { io: 'input' })),
    'server-event.schema.json': json(z.toJSONSchema(ServerEvent)),
    'viewer-event.schema.json': json(z.toJSONSchema(ViewerEvent)),
    'asyncapi.json': json(asyncApi()),
  };
}

function asyncApi(): object {
  const messages = (direction: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): Record<string, object> =>
    Object.fromEntries(
      Object.entries(direction).map(([name, schema]) => [
        name,
        { contentType: 'application/json', payload: z.toJSONSchema(schema, { io }) },
      ]),
    );
  const refer = (names: readonly string[]): object[] =>
    names.map((name) => ({ $ref: `#/channels/stream/messages/${name}` }));
  const audio = { contentType: 'application/octet-stream', payload: { type: 'string', format: 'binary' } };
  return {
    asyncapi: '3.0.0',
    info: { title: 'Sotto', version: '1.0.0', description: `WebSocket, subprotocol ${SUBPROTOCOL}.` },
    channels: {
      stream: {
        address: STREAM_PATH,
        messages: { ...messages(CLIENT, 'input'), Audio: audio, ...messages(SERVER, 'output') },
      },
    },
    operations: {
      hear: {
        action: 'receive',
        channel: { $ref: '#/channels/stream' },
        messages: refer([...Object.keys(CLIENT), 'Audio']),
      },
      tell: { action: 'send', channel: { $ref: '#/channels/stream' }, messages: refer(Object.keys(SERVER)) },
    },
  };
}

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
  ROOMS_PATH,
  RoomName,
  ServerEvent,
  Speech,
  STREAM_PATH,
  Start,
  SUBPROTOCOL,
  VIEW_SUBPROTOCOL,
  ViewerAlive,
  ViewerCleaned,
  ViewerEvent,
  ViewerFault,
  ViewerFinal,
  ViewerPartial,
  ViewerRoom,
  ViewerSpeech,
  ViewerTranslated,
} from './index.ts';

const CLIENT = { Start, Configure, Flush, Keepalive, Finish };
const SERVER = { Ready, Resumed, Speech, Partial, Final, Cleaned, Notice, Ack, Flushed, Done, Fault: FaultEvent };
const VIEWER = {
  Room: ViewerRoom,
  Partial: ViewerPartial,
  Final: ViewerFinal,
  Cleaned: ViewerCleaned,
  Translated: ViewerTranslated,
  Speech: ViewerSpeech,
  Alive: ViewerAlive,
  Fault: ViewerFault,
};
const ROOM_NAME = 'Up to 64 of a-z, 0-9 and -, not beginning with -.';
const VIEWER_QUERY = z.object({
  from: z
    .string()
    .regex(/^(now|start|\d{1,15})$/)
    .optional()
    .describe('`now` (default), `start`, or the cursor of the last event received.'),
  words: z.enum(['0', '1']).optional().describe('`1`: finals include their words.'),
  translate: z
    .string()
    .regex(/^[a-z]{2,3}$/)
    .optional()
    .describe('Language of the requested translations.'),
  token: z.string().optional().describe('A viewer token, for browser sources that have no other place for it.'),
});

/** The generated documents by file name: JSON Schema of both directions, and AsyncAPI 3.0. */
export function buildSchemaDocuments(): Readonly<Record<string, string>> {
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
  const refer = (channel: 'stream' | 'room', names: readonly string[]): object[] =>
    names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }));
  const audio = { contentType: 'application/octet-stream', payload: { type: 'string', format: 'binary' } };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Sotto',
      version: '1.0.0',
      description: 'Live transcription, and rooms in which viewers follow it.',
    },
    channels: {
      stream: {
        address: STREAM_PATH,
        description: `A session. WebSocket, subprotocol ${SUBPROTOCOL}.`,
        messages: { ...messages(CLIENT, 'input'), Audio: audio, ...messages(SERVER, 'output') },
      },
      room: {
        address: `${ROOMS_PATH}{room}`,
        description: `A room, for viewers. WebSocket, subprotocol ${VIEW_SUBPROTOCOL}; the same as server-sent events at ${ROOMS_PATH}{room}/events.`,
        parameters: { room: { description: `${RoomName.description} ${ROOM_NAME}` } },
        bindings: { ws: { method: 'GET', query: z.toJSONSchema(VIEWER_QUERY), bindingVersion: '0.1.0' } },
        messages: messages(VIEWER, 'output'),
      },
    },
    operations: {
      hear: {
        action: 'receive',
        channel: { $ref: '#/channels/stream' },
        messages: refer('stream', [...Object.keys(CLIENT), 'Audio']),
      },
      tell: { action: 'send', channel: { $ref: '#/channels/stream' }, messages: refer('stream', Object.keys(SERVER)) },
      show: {
        action: 'send',
        channel: { $ref: '#/channels/room' },
        messages: refer('room', Object.keys(VIEWER)),
      },
    },
  };
}

import { type FaultRow, row } from './fault-row.ts';
import { TRANSCRIPT_FAULTS } from './transcript-faults.ts';

export type { FaultSource, RetryAdvice } from './fault-row.ts';

/** Every way in which a request can fail. One row holds the status codes and the text of a fault. Codes never change. */
export const FAULTS = {
  'auth.missing': row(
    'client',
    401,
    1008,
    'never',
    (_: object) => 'No credentials were sent; send an API key as `Authorization: Bearer KEY`.',
  ),
  'auth.invalid': row(
    'client',
    401,
    1008,
    'never',
    (_: object) => 'This server does not know the key or token; ask the operator of this server for one.',
  ),
  'auth.expired': row('client', 401, 1008, 'never', (_: object) => 'The key or token has expired; get a new one.'),
  'auth.quota': row(
    'client',
    429,
    1008,
    'after',
    (d: { minutes: number }) =>
      `The key's ${d.minutes} minutes for today are used up; the next day begins at 0:00 UTC.`,
  ),
  'auth.sessions': row(
    'client',
    429,
    1008,
    'after',
    (d: { live: number; limit: number; of: string }) =>
      `${d.live} sessions of this ${d.of} are open; the limit is ${d.limit}. End one first.`,
  ),
  'auth.denied': row(
    'client',
    403,
    1008,
    'never',
    (d: { got: string }) => `${d.got} is not allowed here; ask the operator of this server.`,
  ),
  'auth.scope': row('client', 403, 1008, 'never', (d: { what: 'key' | 'token'; scope: string }) =>
    d.what === 'key'
      ? `The key lacks the scope ${d.scope}; ask the operator of this server for a key that has it.`
      : `The token lacks the scope ${d.scope}; mint one with "scopes": ["${d.scope}"], or use a key.`,
  ),
  'command.unreadable': row(
    'client',
    400,
    1007,
    'never',
    (d: { problem: string }) => `The text frame is not a message: ${d.problem}. Send one JSON object with a \`type\`.`,
  ),
  'command.unknown': row(
    'client',
    400,
    1007,
    'never',
    (d: { got: string }) => `Message type ${d.got} is not known; send start, configure, flush, keepalive or finish.`,
  ),
  'command.out-of-order': row(
    'client',
    400,
    1002,
    'never',
    (d: { got: string; want: string }) => `${d.got} arrived where ${d.want} was expected.`,
  ),
  'command.option': row(
    'client',
    400,
    1007,
    'never',
    (d: { name: string; got: string; want: string }) => `${d.name} ${d.got} is not accepted; send ${d.want}.`,
  ),
  'audio.format': row(
    'client',
    415,
    1003,
    'never',
    (d: { got: string; want: string }) => `Audio ${d.got} is not accepted; send ${d.want}.`,
  ),
  'audio.backlog': row(
    'client',
    429,
    1008,
    'after',
    (d: { seconds: number; limit: number }) =>
      `${d.seconds} s of audio are waiting; the limit is ${d.limit} s. Send no faster than it is decoded: watch \`ack\`.`,
  ),
  'frame.size': row(
    'client',
    413,
    1009,
    'never',
    (d: { bytes: number; limit: number }) =>
      `A frame had ${d.bytes} bytes; the limit is ${d.limit}. Send audio in frames of 20-1000 ms.`,
  ),
  'frame.rate': row(
    'client',
    429,
    1008,
    'after',
    (d: { limit: number }) => `More than ${d.limit} pings per second arrived. One in 10 s is plenty.`,
  ),
  'upload.size': row(
    'client',
    413,
    1009,
    'never',
    (d: { limit: number }) => `The file is larger than the limit of ${d.limit} bytes; compress or split it.`,
  ),
  'upload.long': row(
    'client',
    413,
    1009,
    'never',
    (d: { minutes: number }) => `The file holds more than ${d.minutes} minutes of audio; split it.`,
  ),
  'upload.busy': row(
    'capacity',
    503,
    1013,
    'after',
    (_: object) => 'All memory or all decoders for compressed audio are in use; try again in a moment.',
  ),
  'decoder.failed': row(
    'server',
    503,
    1013,
    'after',
    (_: object) => 'The audio decoder cannot be started at the moment; try again shortly.',
  ),
  'client.slow': row(
    'client',
    503,
    1013,
    'same',
    (d: { bytes: number; limit: number }) =>
      `${d.bytes} bytes wait for this client; the limit is ${d.limit}. Read faster or ask for fewer partials.`,
  ),
  'session.idle': row(
    'client',
    408,
    1008,
    'same',
    (d: { seconds: number }) => `Nothing was received for ${d.seconds} s; send audio or keepalive.`,
  ),
  'session.unopened': row(
    'client',
    408,
    1008,
    'same',
    (d: { seconds: number }) => `No start was received within ${d.seconds} s of connecting.`,
  ),
  'session.long': row(
    'client',
    408,
    1008,
    'same',
    (d: { minutes: number }) => `The session reached its limit of ${d.minutes} minutes; open a new one.`,
  ),
  'session.unknown': row(
    'client',
    404,
    1008,
    'never',
    (d: { session: string }) => `Session ${d.session} cannot be resumed here; start a new one.`,
  ),
  'session.waiting': row(
    'server',
    503,
    1013,
    'same',
    (d: { session: string }) =>
      `Session ${d.session} has not been restored yet after a restart; try again in a moment.`,
  ),
  'session.moved': row(
    'client',
    409,
    1008,
    'never',
    (d: { session: string }) => `Session ${d.session} continues on another connection.`,
  ),
  'viewer.revoked': row(
    'client',
    403,
    1008,
    'never',
    (_: object) => 'This link to the room was revoked; ask the speaker for a new one.',
  ),
  'viewer.full': row(
    'capacity',
    503,
    1013,
    'after',
    (d: { count: number; what: string }) => `There are ${d.count} ${d.what} already; that is the limit.`,
  ),
  'server.full': row('capacity', 503, 1013, 'elsewhere', (d: { live: number; limit?: number }) =>
    d.limit === undefined
      ? `${d.live} live sessions need all that this machine decodes in time; try again when one has ended.`
      : `${d.live} of ${d.limit} sessions are in use; try again when one has ended.`,
  ),
  'server.draining': row(
    'capacity',
    503,
    1012,
    'elsewhere',
    (_: object) => 'The server is shutting down; connect again in a moment.',
  ),
  'server.listen': row(
    'operator',
    500,
    1011,
    'never',
    (d: { host: string; port: number; problem: string }) =>
      `Cannot listen on ${d.host}:${d.port}: ${d.problem}. Choose another with --port.`,
  ),
  'server.bug': row(
    'server',
    500,
    1011,
    'same',
    (_: object) => 'An internal error occurred; the server has logged it.',
  ),
  'http.unknown': row('client', 404, 1008, 'never', (d: { path: string }) => `There is nothing at ${d.path}.`),
  'http.upgrade': row(
    'client',
    426,
    1008,
    'same',
    (d: { path: string }) => `${d.path} is a WebSocket endpoint; connect with a WebSocket client.`,
  ),
  'engine.crashed': row(
    'server',
    500,
    1011,
    'same',
    (d: { model: string; exit: string }) => `The ${d.model} worker stopped (${d.exit}).`,
  ),
  'engine.timeout': row(
    'server',
    503,
    1011,
    'same',
    (d: { seconds: number }) => `A decode took longer than ${d.seconds} s.`,
  ),
  'engine.busy': row(
    'server',
    503,
    1011,
    'same',
    (d: { waiting: number }) => `${d.waiting} decodes are already waiting.`,
  ),
  'engine.absent': row(
    'operator',
    500,
    1011,
    'never',
    (d: { problem: string }) => `No speech engine can run: ${d.problem}. Run \`sotto doctor\`.`,
  ),
  'model.unknown': row(
    'operator',
    404,
    1011,
    'never',
    (d: { model: string; want: string }) => `Model ${d.model} is not known; ${d.want}.`,
  ),
  'model.absent': row(
    'operator',
    404,
    1011,
    'never',
    // A model given as a path cannot be pulled.
    (d: { model: string; path: string; pulled?: boolean }) =>
      d.pulled === false
        ? `There is no model file at ${d.path}; look at the path, or run \`sotto models list\` for models by name.`
        : `Model ${d.model} is not at ${d.path}; run \`sotto models pull ${d.model}\`.`,
  ),
  'model.corrupt': row(
    'operator',
    500,
    1011,
    'never',
    (d: { model: string; problem: string }) =>
      `The file of model ${d.model} is broken: ${d.problem}. Remove it and pull it again.`,
  ),
  'model.download': row(
    'operator',
    502,
    1011,
    'after',
    (d: { model: string; problem: string }) => `Model ${d.model} could not be fetched: ${d.problem}.`,
  ),
  'clean.timeout': row('server', 503, 1011, 'same', (d: { ms: number }) => `Cleaning took longer than ${d.ms} ms.`),
  'clean.failed': row('server', 503, 1011, 'same', (d: { problem: string }) => `The cleaner failed: ${d.problem}.`),
  ...TRANSCRIPT_FAULTS,
  'config.unknown': row(
    'operator',
    78,
    1011,
    'never',
    (d: { name: string; want: string }) => `Option ${d.name} is not known; ${d.want}.`,
  ),
  'config.value': row(
    'operator',
    78,
    1011,
    'never',
    (d: { name: string; got: string; want: string }) => `Option ${d.name} is ${d.got}; it must be ${d.want}.`,
  ),
} as const satisfies Record<string, FaultRow>;

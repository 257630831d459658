import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { noAuth } from '../../server/access/no-auth.ts';
import { DIALECT_ROUTES, HTTP_ROUTES } from '../../server/dialect/routes.ts';
import { createWyomingRoutes, WYOMING_PATH } from '../../server/dialect/wyoming.ts';
import { silentMeter } from '../../server/flow/silent-meter.ts';
import { createBugReporter } from '../../server/observe/bug-reporter.ts';
import { TcpTransport } from '../../server/transport/tcp.ts';
import {
  type Expectation,
  type Field,
  openaiSessions,
  PROTOTYPE_NAMES,
  SOCKET_ENDPOINTS,
  type SocketEndpoint,
} from '../support/hostile-settings.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { converse, finalsOf, openScriptedServer, script, silentLog, sound } from '../support/scripted-server.ts';
import { simulateDelay, until } from '../support/until.ts';
import { wavOf } from '../support/wav-of.ts';

const SOUND = sound(3, [[0.4, 1.8]]);
const AUDIO = Buffer.from(SOUND.buffer).subarray(0, 16_000);
/** Reads as JSON, and cannot be written again. */
const DEEP = `${'['.repeat(5_600)}${']'.repeat(5_600)}`;

const clock = new ManualClock();
const bugs: string[] = [];
const log = {
  ...silentLog,
  error: (fields: Readonly<Record<string, unknown>>, text: string) => void bugs.push(`${text}: ${fields['err']}`),
};
const server = await openScriptedServer(script('Hello there.', 0.5), 64, { clock, log });
// Time goes on while clients are here, faster than outside.
const ticking = setInterval(() => clock.pass(20), 2);
const gateway = server.gatewayTo(createWyomingRoutes('all'), noAuth);
const wyoming = new TcpTransport(
  gateway,
  { path: WYOMING_PATH, allowedAddresses: [] },
  createBugReporter(log, silentMeter),
);
const wyomingPort = await wyoming.listen('127.0.0.1', 0);
t.teardown(async () => {
  clearInterval(ticking);
  await Promise.all([server.close(), wyoming.close()]);
});

interface Visit {
  /** Everything that was said to the client: frames, the body of a refusal, the reason of the close. */
  readonly received: readonly string[];
  readonly ended: 'refused' | 'closed' | 'left';
}

/** One client with one hostile field; it leaves by itself when nothing comes for a while after all was said. */
async function visit(endpoint: SocketEndpoint, field: Pick<Field, 'query' | 'frames'>): Promise<Visit> {
  const search = new URLSearchParams({ ...endpoint.query, ...field.query });
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${endpoint.path}?${search}`, [
    ...(endpoint.subprotocols ?? []),
  ]);
  const received: string[] = [];
  let ended: Visit['ended'] | undefined;
  const over = new Promise<void>((resolve) => {
    const end = (how: Visit['ended']): void => {
      ended ??= how;
      resolve();
    };
    socket.on('message', (data) => received.push(String(data)));
    socket.on('unexpected-response', async (_, response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      received.push(body);
      end('refused');
    });
    socket.on('close', (_, reason) => {
      received.push(String(reason));
      end('closed');
    });
    socket.on('error', () => {});
  });
  socket.on('open', () => {
    for (const frame of [...(field.frames ?? []), ...endpoint.rest(AUDIO)]) socket.send(frame);
    // OpenAI's and ElevenLabs' sessions end when their client leaves, and an answer to a ping comes behind all others.
    if (['/v1/realtime', '/v1/speech-to-text/realtime'].includes(endpoint.path)) {
      socket.on('pong', () => socket.close(1000));
      void simulateDelay(10).then(() => socket.ping());
    }
  });
  await over;
  return { received, ended: ended! };
}

/** The server serves somebody who keeps the rules, has logged no bug, and nothing is left of those who do not. */
async function checkServer(t: Test, after: string): Promise<void> {
  const events = await converse(await server.connect(), SOUND);
  t.same(finalsOf(events), ['Hello there.'], `the server serves others after ${after}`);
  t.same(bugs.splice(0), [], `no bug was logged by ${after}`);
}

for (const endpoint of SOCKET_ENDPOINTS)
  t.test(`names of Object.prototype in every field of ${endpoint.path}`, async (t) => {
    const counts: Record<Expectation, number> = { refused: 0, ignored: 0 };
    for (const value of PROTOTYPE_NAMES)
      for (const field of endpoint.fields(value)) {
        const { received } = await visit(endpoint, field);
        const isRefused = received.some((text) => endpoint.isError(text));
        const place = `${field.query ? 'query' : 'frame'} ${field.name}=${value}`;
        t.equal(isRefused ? 'refused' : 'ignored', field.expected, `${place}: ${received.join(' ').slice(0, 200)}`);
        counts[field.expected]++;
      }
    t.ok(counts.refused > 0 && counts.ignored > 0);
    await checkServer(t, endpoint.path);
  });

t.test('every path of the server is in the table', async (t) => {
  t.same(SOCKET_ENDPOINTS.map(({ path }) => path).sort(), [...DIALECT_ROUTES.keys()].sort());
  const asked = HTTP_ROUTES.endpoints.map(({ path }) => path);
  t.same([...HTTP_ROUTES.uploads.keys(), ...asked].sort(), [...HTTP_PATHS].sort(), 'and every path of HTTP');
});

t.test('JSON that is nested too deep, at every endpoint', async (t) => {
  for (const endpoint of SOCKET_ENDPOINTS) {
    const bodies = [DEEP, `{"type":"start","config":${DEEP}}`, `{"uid":"x","language":${DEEP}}`];
    const session = `{"type":"session.update","session":{"include":${DEEP},"input_audio_noise_reduction":${DEEP}}}`;
    for (const frame of [...bodies, session]) {
      const { received } = await visit(endpoint, { frames: [frame] });
      const isRefused = received.some(
        (text) => endpoint.isError(text) || /deeper than 32|command\.unreadable/.test(text),
      );
      // Deepgram's live protocol has no word for a message that cannot be read; its stream goes on.
      t.equal(
        isRefused,
        endpoint.path !== '/v1/listen',
        `${endpoint.path} ${frame.slice(0, 40)}: ${received.join(' ').slice(0, 200)}`,
      );
    }
    await checkServer(t, `deep JSON at ${endpoint.path}`);
  }
});

t.test('hostile settings in a client secret', async (t) => {
  const endpoint = SOCKET_ENDPOINTS.find(({ path }) => path === '/v1/realtime')!;
  const withSecret = (text: string) =>
    visit(
      {
        ...endpoint,
        subprotocols: ['realtime', `openai-insecure-api-key.ek_none~${Buffer.from(text).toString('base64url')}`],
      },
      {},
    );
  const deep = [DEEP, `{"include":${DEEP}}`, `{"audio":{"input":{"noise_reduction":${DEEP}}}}`, 'null', '[]'];
  for (const text of deep) {
    const { received, ended } = await withSecret(text);
    t.equal(ended, 'refused', text.slice(0, 40));
    t.ok(endpoint.isError(received[0]!), String(received[0]));
  }
  t.match((await withSecret('{"x":')).received[0], /"code":"invalid_api_key"/, 'what is not JSON is no secret');
  for (const value of PROTOTYPE_NAMES)
    for (const [name, expected, session] of openaiSessions(value)) {
      const { received, ended } = await withSecret(JSON.stringify(session));
      t.equal(ended === 'refused', expected === 'refused', `${name}=${value}: ${received.join(' ').slice(0, 200)}`);
    }
  await checkServer(t, 'client secrets');
});

const HTTP_PATHS = [
  ...['/v1/audio/transcriptions', '/v1/audio/translations', '/v1/listen', '/v1/models', '/v1/models/'],
  ...['/v1/realtime/client_secrets', '/v1/realtime/transcription_sessions', '/v1/auth/grant'],
  ...['/inference', '/load', '/asr', '/detect-language'],
  ...['/v1/speech-to-text', '/v1/single-use-token/realtime_scribe'],
];

/** Status and body of a request; a body that is text is sent as JSON. */
async function ask(path: string, body?: string | FormData | Uint8Array): Promise<{ status: number; text: string }> {
  const headers: Record<string, string> = typeof body === 'string' ? { 'content-type': 'application/json' } : {};
  const method = body === undefined ? 'GET' : 'POST';
  const response = await fetch(server.url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: body as BodyInit }),
  });
  return { status: response.status, text: await response.text() };
}

t.test('names of Object.prototype, and deep JSON, in every field of HTTP', async (t) => {
  const wav = wavOf(SOUND);
  const form = (fields: Readonly<Record<string, string>>): FormData => {
    const data = new FormData();
    data.set('file', new Blob([Uint8Array.from(wav)]), 'speech.wav');
    for (const [name, value] of Object.entries(fields)) data.set(name, value);
    return data;
  };
  const check = (
    name: string,
    { status, text }: { status: number; text: string },
    want: number,
    error: RegExp,
  ): void => {
    t.equal(status, want, `${name}: ${status} ${text.slice(0, 120)}`);
    if (want !== 200) t.match(text, error, name);
  };
  const openai = /"error":\{.*"type":"invalid_request_error"/;
  const dg = /"err_code":"(Bad|Not) \w+","err_msg":/;
  for (const value of PROTOTYPE_NAMES) {
    for (const path of ['/v1/audio/transcriptions', '/v1/audio/translations']) {
      for (const name of [
        'response_format',
        'temperature',
        'include[]',
        'chunking_strategy',
        'known_speaker_names[]',
        ...(path.endsWith('ns') && !path.includes('translations') ? ['language'] : []),
      ])
        check(`${path} ${name}=${value}`, await ask(path, form({ [name]: value })), 400, openai);
      const rest = { model: value, prompt: value, stream: value, cleanup: value, [value]: value };
      const granular = { 'timestamp_granularities[]': value, response_format: 'verbose_json' };
      check(`${path} the rest`, await ask(path, form({ ...rest, ...granular })), 200, openai);
    }
    for (const name of ['language', 'redact', 'callback'])
      check(`listen ${name}=${value}`, await ask(`/v1/listen?${name}=${value}`, wav), 400, dg);
    const rest = ['encoding', 'multichannel', 'utterances', 'paragraphs', 'smart_format', 'extra', 'keywords', value];
    check(
      'listen, the rest',
      await ask(`/v1/listen?${rest.map((name) => `${name}=${value}`).join('&')}`, wav),
      200,
      dg,
    );
    const eleven = /^\{"detail":\{"status":"invalid_parameters","message":/;
    for (const name of ['language_code', 'webhook', 'use_multi_channel', 'timestamps_granularity', 'file_format'])
      check(`elevenlabs ${name}=${value}`, await ask('/v1/speech-to-text', form({ [name]: value })), 400, eleven);
    const unknown = { model_id: value, keyterms: value, diarize: value, temperature: value, [value]: value };
    check('elevenlabs, the rest', await ask('/v1/speech-to-text', form(unknown)), 200, eleven);
    const cpp = /^\{"error":"[^"]+"\}$/;
    check(`inference ${value}`, await ask('/inference', form({ response_format: value })), 400, cpp);
    check(`inference ${value}`, await ask('/inference', form({ language: value })), 400, cpp);
    const ignored = { translate: value, prompt: value, no_timestamps: value, beam_size: value, [value]: value };
    check('inference, the rest', await ask('/inference', form(ignored)), 200, cpp);
    check(`load ${value}`, await ask('/load', form({ model: value })), 400, cpp);
    const recording = (): FormData => {
      const data = new FormData();
      data.set('audio_file', new Blob([Uint8Array.from(wav)]), 'speech.wav');
      return data;
    };
    const detail = /^\{"detail":\[\{"type":"value_error","loc":\["query",/;
    for (const name of ['task', 'output', 'encode', 'word_timestamps', 'language'])
      check(`asr ${name}=${value}`, await ask(`/asr?${name}=${value}`, recording()), 422, detail);
    const unread = `initial_prompt=${value}&vad_filter=${value}&${value}=${value}`;
    check('asr, the rest', await ask(`/asr?${unread}`, recording()), 200, detail);
    check('detection', await ask(`/detect-language?${unread}`, recording()), 200, detail);
    check(`models ${value}`, await ask(`/v1/models/${value}`), 404, openai);
    check(`grant ${value}`, await ask('/v1/auth/grant', JSON.stringify({ ttl_seconds: value })), 400, dg);
    for (const [name, expected, session] of openaiSessions(value)) {
      const status = expected === 'refused' ? 400 : 200;
      const secrets = '/v1/realtime/client_secrets';
      check(`secrets ${name}=${value}`, await ask(secrets, JSON.stringify({ session })), status, openai);
      const older = '/v1/realtime/transcription_sessions';
      check(`sessions ${name}=${value}`, await ask(older, JSON.stringify(session)), status, openai);
    }
    const seconds = JSON.stringify({ session: {}, expires_after: { seconds: value } });
    check(`seconds ${value}`, await ask('/v1/realtime/client_secrets', seconds), 400, openai);
  }
  for (const path of ['/v1/realtime/client_secrets', '/v1/realtime/transcription_sessions'])
    for (const body of [DEEP, `{"session":{"include":${DEEP}},"include":${DEEP}}`])
      check(`deep ${path}`, await ask(path, body), 400, /deeper than 32 levels/);
  for (const name of ['%ff', '%', '%e0%a4', 'x%zz'])
    check(`models ${name}`, await ask(`/v1/models/${name}`), 400, openai);
  check('deep grant', await ask('/v1/auth/grant', `{"ttl_seconds":${DEEP}}`), 400, /deeper than 32 levels/);
  await checkServer(t, 'HTTP');
});

t.test('names of Object.prototype, and deep JSON, in every field of Wyoming', async (t) => {
  const talk = (...lines: readonly string[]): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(wyomingPort, '127.0.0.1', () => {
        for (const line of lines) socket.write(`${line}\n`);
        socket.end();
      });
      let received = '';
      socket.on('data', (bytes) => {
        received += bytes;
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(received));
    });
  const format = { rate: 16_000, width: 2, channels: 1 };
  const event = (type: unknown, data: unknown): string => JSON.stringify({ type, data });
  for (const value of PROTOTYPE_NAMES) {
    for (const name of ['rate', 'width', 'channels'])
      t.match(
        await talk(event('audio-start', { ...format, [name]: value })),
        /"code": ?"command\.option"/,
        `${name}=${value}`,
      );
    const lines = [event('transcribe', { language: value }), event('audio-start', format)];
    t.match(await talk(...lines), /"code": ?"command\.option"/, `language=${value}`);
    t.notMatch(await talk(event(value, format), event('transcribe', { name: value })), /"error"/, `type=${value}`);
    t.match(await talk(event('ping', { text: value })), new RegExp(value), 'an echo');
  }
  const deep = await talk(`{"type":"ping","data":{"text":${DEEP}}}`);
  t.match(deep, /deeper than 32 levels/);
  t.notMatch(deep, /pong/);
  await checkServer(t, 'Wyoming');
});

t.test('when every time has run out nothing is left of any of them', async (t) => {
  await until(() => {
    clock.pass(600_000);
    return server.registry.size === 0;
  });
  t.same(bugs, []);
  await checkServer(t, 'all of them');
});

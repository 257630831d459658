import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** Retitles, clears and answers for a terminal; ends lines; turns the direction; runs a line where it is typed. */
export const HOSTILE = [
  '\u001b]0;owned\u0007',
  '\u001b[2J\u001b[H',
  '\u009b31m',
  '\r',
  '\n',
  '\u0003\u0004\u000f\u0015\u001a\u007f',
  '\u001b[201~',
  '\u0085',
  '\u2028',
  '\u202etxt.exe\u202c',
  '\u2066\u2069\u200e\u200f\u061c',
  '\u{e0041}\ufff9\ufffb\ufeff\u200b',
  '\ud800',
].join('x');

/** What a hostile server wants to have run: the line that makes `mark`, ended in every way that may run it. */
export const commandFor = (mark: string): string =>
  ['', HOSTILE, '\u0015'].map((before) => `${before}:;touch ${mark};\n\r\u000f\u0085\u2028`).join('');

/** No character that changes anything but what is read, on a line. */
export const UNPRINTABLE =
  /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/u;

export interface HostileServer extends AsyncDisposable {
  readonly url: string;
}

/**
 * A server that puts `text` into everything that a client may show: finals, cleanings, partials, notices and faults of
 * a session, and titles, names, notes and errors of stored transcripts. The first sentence of a session ends as it says.
 */
export async function openHostileServer(text: string): Promise<HostileServer> {
  const http = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://server').pathname;
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (path.endsWith('/export')) return send(200, text);
    if (path.endsWith('/missing')) return send(404, { error: { code: text, text, message: text }, code: text, text });
    if (path.endsWith('/summary')) return send(200, summaryOf(text));
    if (path === '/v1/transcripts') return send(200, { transcripts: [listingOf(text)], next: undefined });
    send(200, transcriptOf(text));
  });
  const sockets = new WebSocketServer({ server: http, handleProtocols: (offered) => [...offered][0] ?? false });
  sockets.on('connection', (socket) => serve(socket, text));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        http.closeAllConnections();
        http.close(() => resolve());
      }),
  };
}

function serve(socket: WebSocket, text: string): void {
  let seq = 0;
  const tell = (type: string, fields: object): void => socket.send(JSON.stringify({ type, seq: ++seq, ...fields }));
  const place = { channel: 0, fromMs: 0, toMs: 900 };
  let spoken = false;
  let samples = 0;
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) {
      samples += data.length / 2;
      tell('ack', { audioMs: samples / 16, samples });
      if (spoken) return;
      spoken = true;
      const final = { ...place, text, words: [], language: 'en' };
      tell('partial', { ...place, sentence: 1, revision: 1, stable: '', tentative: text, words: [], stableWords: 0 });
      tell('final', { ...final, sentence: 1 });
      tell('cleaned', { channel: 0, sentence: 1, text: `${text}clean`, changes: [], model: text, tookMs: 1 });
      tell('final', { ...final, sentence: 2 });
      tell('notice', { code: 'lag', text });
      tell('fault', { code: 'audio.invalid', text, retry: 'never', fatal: false });
      return;
    }
    const message = JSON.parse(String(data)) as { type: string; audio?: object };
    if (message.type === 'start')
      tell('ready', {
        ...{ session: 's', secret: 'x', resumeMs: 0, aliveMs: 60_000, model: text, engine: text, language: 'en' },
        ...{ languages: ['en'], audio: { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 1, ...message.audio } },
      });
    if (message.type === 'finish') {
      tell('done', { audioMs: samples / 16, sentences: 2 });
      socket.close(1000);
    }
  });
}

const listingOf = (text: string): object => ({
  ...{ id: text, title: text, startedAt: text, durationMs: text, sentences: text, snippet: text },
});

const summaryOf = (text: string): object => ({
  summary: [{ text, from: [text] }],
  decisions: [{ text, from: [text] }],
  actions: [{ text, owner: text, from: [text] }],
  ...{ model: text, createdAt: text, dropped: text },
});

const transcriptOf = (text: string): object => ({
  ...{ id: text, title: text, startedAt: text, durationMs: 1_000, language: text, speakers: { 0: text } },
  sentences: [{ part: text, channel: 0, sentence: 1, text, highlight: false, language: text, fromMs: 0, toMs: 900 }],
  notes: [{ id: text, atMs: 0, text }],
});

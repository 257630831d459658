import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import { isFault, type ServerEvent } from '../../protocol/index.ts';
import type { CloseFrames, Dialect, DialectSession, FrameResult, WireFrame } from '../../server/ports/dialect.ts';

export const CONTEXT = { id: 'a0000000-0000-4000-8000-000000000000', nowMs: 0, model: 'base' };

/** A conversation as a dialect opens it; a refusal is thrown. */
export function openSession(
  dialect: Dialect,
  url: string,
  { headers = {} }: { readonly headers?: Readonly<Record<string, string>> } = {},
): DialectSession {
  const session = dialect.open({ url, headers, subprotocols: [], remoteAddress: '' }, CONTEXT);
  if (isFault(session)) throw session;
  return session;
}

/**
 * A line of a recorded conversation: what came in on either side (`open` a URL, with `headers` where they matter, `client`
 * a message, a text or `{audioMs}` of 16 kHz samples, `event` of the session, `end` `[status, reason]`), or what must come
 * out next (`command` to the session, `frame` to the client, `close`). Lines starting with `#` are for people.
 */
interface Line {
  readonly open?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly client?: object | string;
  readonly event?: ServerEvent;
  readonly end?: readonly [number, string];
  readonly command?: object;
  readonly frame?: object;
  readonly close?: object;
}

/** How frames are written down, and how what a client says comes in: whole, or in pieces. */
export interface Notation {
  frames(frames: readonly WireFrame[]): readonly unknown[];
  client(message: object | string): readonly WireFrame[];
}

const JSON_FRAMES: Notation = {
  frames: (frames) => frames.map((frame) => JSON.parse(String(frame))),
  client: (message) => [frameOf(message)],
};

export function linesOf<T>(file: string): T[] {
  const text = readFileSync(new URL(`../wire/${file}`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => (line.startsWith('#') ? {} : JSON.parse(line)));
}

/** Replays a recorded conversation both ways: everything must come out, in order, and nothing else. */
export function replay(t: Test, dialect: Dialect, file: string, notation: Notation = JSON_FRAMES): void {
  let session: DialectSession | undefined;
  const out: { kind: 'command' | 'frame' | 'close'; value: unknown }[] = [];
  const say = (frames: readonly WireFrame[]): void => {
    for (const value of notation.frames(frames)) out.push({ kind: 'frame', value });
  };
  const took = ({ replies, commands }: FrameResult): void => {
    say(replies);
    for (const command of commands) out.push({ kind: 'command', value: command });
  };
  const closeFrames = ({ frames, status, reason }: CloseFrames): void => {
    say(frames);
    out.push({ kind: 'close', value: { status, reason } });
  };
  for (const [at, line] of linesOf<Line>(file).entries()) {
    const kind = (['command', 'frame', 'close'] as const).find((each) => line[each] !== undefined);
    if (kind !== undefined) {
      const got = out.shift();
      t.equal(got?.kind, kind, `line ${at + 1}`);
      t.match(got?.value, line[kind]!, `line ${at + 1}`);
      continue;
    }
    t.same(out, [], `nothing more before line ${at + 1}`);
    if (line.open !== undefined) {
      session = openSession(dialect, line.open, { headers: line.headers ?? {} });
      took(session.greet());
    } else if (line.event !== undefined) say(session!.write(line.event));
    else if (line.end !== undefined) closeFrames(session!.end(...line.end));
    else if (line.client !== undefined) for (const frame of notation.client(line.client)) took(session!.read(frame));
  }
  t.same(out, []);
}

function frameOf(client: object | string): WireFrame {
  if (typeof client === 'string') return client;
  if ('audioMs' in client) return new Uint8Array(Number(client.audioMs) * 32);
  return JSON.stringify(client);
}

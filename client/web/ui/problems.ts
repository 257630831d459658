import { getOwnEntry } from '../../../protocol/own-entry.ts';
import type { ServerInfo } from '../server/server-info.ts';

export type ProblemTopic = 'connection' | 'storage' | 'list' | 'audio';

/** A problem as shown to the user: what happened, and what to do. */
export interface Problem {
  readonly title: string;
  readonly advice: string;
  /** What it is about, for a problem that disappears by itself when this works again. */
  readonly topic?: ProblemTopic;
}

const MICROPHONE: Readonly<Record<string, Problem>> = {
  NotAllowedError: {
    title: 'The microphone is not allowed.',
    advice: 'Allow it for this page in the address bar of your browser, then press Start again.',
  },
  NotFoundError: { title: 'No microphone was found.', advice: 'Connect one, or open an audio file instead.' },
  NotReadableError: {
    title: 'The microphone is in use.',
    advice: 'Close the other program that uses it, then press Start again.',
  },
  OverconstrainedError: { title: 'That microphone is no longer connected.', advice: 'Choose another one in Settings.' },
  AbortError: {
    title: 'The microphone did not start.',
    advice: 'Unplug it and plug it in again, or choose another one in Settings.',
  },
  SecurityError: {
    title: 'This browser forbids microphones here.',
    advice: 'Check its privacy settings, or open an audio file instead.',
  },
  InsecureContext: {
    title: 'Browsers only allow the microphone on secure pages.',
    advice: 'Open this page at http://127.0.0.1 on the machine itself, or over HTTPS. Audio files work here too.',
  },
  NotSupportedError: {
    title: 'This browser cannot record.',
    advice: 'Use a current Firefox, Chrome, Edge or Safari, or open an audio file instead.',
  },
};

const SERVER: Readonly<Record<string, Problem>> = {
  'server.full': {
    title: 'The server is full.',
    advice: 'All sessions are in use. Press Start again when another session has ended.',
  },
  'server.draining': {
    title: 'The server is restarting.',
    advice: 'Wait a moment, then press Start again. Nothing on this page is lost.',
  },
  'session.unknown': {
    title: 'The connection was lost, and the server no longer knows the session.',
    advice: 'The text on this page is kept. Press Start to continue in a new session.',
  },
  'session.idle': { title: 'The session timed out.', advice: 'No sound reached the server. Press Start to continue.' },
  'session.long': { title: 'The session reached its time limit.', advice: 'Press Start to continue in a new session.' },
};

export const UNREADABLE_FILE: Problem = {
  title: 'The browser cannot read any audio in this file.',
  advice: 'WAV, MP3, FLAC, Ogg, WebM and M4A work in most browsers.',
};

export const SLOW_NETWORK: Problem = {
  title: 'The network is too slow for live sound.',
  advice: 'A minute of audio could not be sent, so the recording stopped. Try another network, then press Start again.',
};

export function describeMicrophoneProblem(error: unknown): Problem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  const known = getOwnEntry(MICROPHONE, name);
  if (known !== undefined) return known;
  const detail = error instanceof Error && error.message !== '' ? ` (${error.message})` : '';
  return { title: 'The microphone could not be opened.', advice: `Try again, or choose another one${detail}.` };
}

/** The server or this page violated the protocol; `detail` is for whoever runs the server. */
export function describeProtocolProblem(detail: string): Problem {
  return {
    title: 'The server sent something this page does not understand.',
    advice: `Reload the page; if it happens again, tell whoever runs the server: ${detail}`,
    topic: 'connection',
  };
}

interface ServerState {
  readonly reached: boolean;
  readonly info: ServerInfo | undefined;
}

/**
 * Why a session did not open, or why it ended. Browsers do not expose why a WebSocket was refused, so the page asks the server
 * over HTTP: `info` is its answer, `reached` whether it answered at all.
 */
export function describeConnectionProblem(error: unknown, server: ServerState, online: boolean): Problem {
  return { ...findConnectionProblem(error, server, online), topic: 'connection' };
}

function findConnectionProblem(error: unknown, server: ServerState, online: boolean): Problem {
  const code = (error as { code?: unknown }).code;
  const text = error instanceof Error ? error.message : String(error);
  if (typeof code === 'string')
    return getOwnEntry(SERVER, code) ?? { title: 'The server ended the session.', advice: text };
  const { reached, info } = server;
  if (info?.sessions !== undefined && info.sessionsMax !== undefined && info.sessions >= info.sessionsMax) {
    return SERVER['server.full']!;
  }
  if (reached) {
    return {
      title: 'The live connection was refused or cut.',
      advice: 'The server responds, but not to live audio. If there is a proxy in between, it must allow WebSockets.',
    };
  }
  if (!online) return { title: 'This device is offline.', advice: 'Connect to a network, then press Start again.' };
  return {
    title: 'The server cannot be reached.',
    advice: 'Check that Sotto is running, then press Start again. Nothing on this page is lost.',
  };
}

/** A fault that does not end the session; `text` is the server's. */
export const describeServerFault = (text: string): Problem => ({
  title: 'The server reported a problem.',
  advice: text,
  topic: 'connection',
});

import { type AudioOptions, Transcripts } from '../../sdk/transcripts.ts';
import { PageAuth } from '../auth/page-auth.ts';
import type { TranscriptChange } from './pending-changes.ts';

/** Credentials of the meeting page: for recording, and for reading and changing transcripts. */
export const pageAuth = new PageAuth({ hash: 'speaker', uses: ['stream', 'transcripts'] });
/** The transcripts stored on this page's server. */
export const serverTranscripts = new Transcripts({
  url: location.origin,
  credential: () => pageAuth.credential(['transcripts']),
});

/** Time for the audio of the longest session over a slow network, ms. */
const AUDIO_TIMEOUT_MS = 600_000;

/** Fetches kept audio, or a piece of it, as an Ogg Opus file. */
export function fetchAudio(transcript: string, what: AudioOptions, signal?: AbortSignal): Promise<ArrayBuffer> {
  const request = new AbortController();
  for (const each of [signal, AbortSignal.timeout(AUDIO_TIMEOUT_MS)])
    each?.addEventListener('abort', () => request.abort(each.reason), { once: true });
  return serverTranscripts.audio(transcript, what, request.signal);
}

/** Sends one change to the server. Rejects with a `TranscriptError`, or an Error when the server is unreachable. */
export function sendChange(transcript: string, change: TranscriptChange): Promise<void> {
  switch (change.kind) {
    case 'details':
      return serverTranscripts.change(transcript, { title: change.title, speakers: change.speakers });
    case 'sentence':
      return serverTranscripts.mark(transcript, change.key, {
        correction: change.correction,
        highlight: change.highlight,
      });
    case 'note':
      return serverTranscripts.note(transcript, change.id, { atMs: Math.round(change.atMs), text: change.text });
    case 'noteDeletion':
      return serverTranscripts.unnote(transcript, change.id);
  }
}

import { Transcripts } from '../../sdk/transcripts.ts';
import { PageAuth } from '../auth/page-auth.ts';
import type { Delivery } from './pending-changes.ts';

/** Credentials of the meeting page: for recording, and for reading and changing transcripts. */
export const pageAuth = new PageAuth({ hash: 'speaker', uses: ['stream', 'transcripts'] });
/** The transcripts stored on this page's server. */
export const serverTranscripts = new Transcripts({
  url: location.origin,
  credential: () => pageAuth.credential(['transcripts']),
});

/** Sends one change to the server. Rejects with a `TranscriptError`, or an Error when the server is unreachable. */
export function deliverChange(transcript: string, parcel: Delivery): Promise<void> {
  switch (parcel.what) {
    case 'head':
      return serverTranscripts.change(transcript, { title: parcel.title, speakers: parcel.speakers });
    case 'said':
      return serverTranscripts.mark(transcript, parcel.key, {
        correction: parcel.correction,
        highlight: parcel.highlight,
      });
    case 'note':
      return serverTranscripts.note(transcript, parcel.id, { atMs: Math.round(parcel.atMs), text: parcel.text });
    case 'gone':
      return serverTranscripts.unnote(transcript, parcel.id);
  }
}

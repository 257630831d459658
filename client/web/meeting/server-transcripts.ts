import { Transcripts } from '../../sdk/transcripts.ts';
import { PageAuth } from '../auth/page-auth.ts';
import type { Delivery } from './pending-changes.ts';

/** How this page is let in: to speak, and to go on with a transcript that it may also read. */
export const pageAuth = new PageAuth({ hash: 'speaker', uses: ['stream', 'transcripts'] });
/** What the server this page came from keeps. */
export const serverTranscripts = new Transcripts({
  url: location.origin,
  credential: () => pageAuth.credential(['transcripts']),
});

/** Brings one parcel to its address. */
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

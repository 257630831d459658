import { Transcripts } from '../../sdk/transcripts.ts';
import { Entry } from '../entry/entry.ts';
import type { Parcel } from './outgoing.ts';

/** How this page is let in: to speak, and to go on with a transcript that it may also read. */
export const entry = new Entry({ hash: 'speaker', uses: ['stream', 'transcripts'] });
/** What the server this page came from keeps. */
export const transcripts = new Transcripts({
  url: location.origin,
  credential: () => entry.credential(['transcripts']),
});

/** Brings one parcel to its address. */
export function deliver(transcript: string, parcel: Parcel): Promise<void> {
  switch (parcel.what) {
    case 'head':
      return transcripts.change(transcript, { title: parcel.title, speakers: parcel.speakers });
    case 'said':
      return transcripts.mark(transcript, parcel.key, { correction: parcel.correction, highlight: parcel.highlight });
    case 'note':
      return transcripts.note(transcript, parcel.id, { atMs: Math.round(parcel.atMs), text: parcel.text });
    case 'gone':
      return transcripts.unnote(transcript, parcel.id);
  }
}

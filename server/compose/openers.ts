import { openTurnDetector } from '../turn/open.ts';
import { openAccess } from './access.ts';
import { openCleaner } from './cleaner.ts';
import { openJournalStore } from './journal-store.ts';
import { openRecogniser } from './recogniser.ts';
import { openSpeechModel } from './speech-model.ts';
import { openTranscriptRoutes } from './transcripts.ts';
import { chooseTransport, openCertificate } from './transport.ts';
import { openWyomingEndpoint } from './wyoming-endpoint.ts';

/** The functions that open the parts of a server. A test replaces each in turn by one that fails. */
export const OPENERS = {
  access: openAccess,
  certificate: openCertificate,
  transport: chooseTransport,
  recogniser: openRecogniser,
  cleaner: openCleaner,
  speechModel: openSpeechModel,
  turnDetector: openTurnDetector,
  journalStore: openJournalStore,
  transcripts: openTranscriptRoutes,
  wyoming: openWyomingEndpoint,
};

export type Openers = typeof OPENERS;

import type { ConnectedClient } from '../../server/flow/client-channel.ts';

/** Somebody with a key that may speak and keep transcripts, without limits. */
export const TEST_CLIENT: ConnectedClient = {
  identity: {
    key: 'k',
    scopes: ['stream', 'transcripts'],
    sessionsMax: undefined,
    quota: { minutes: 0 },
    countAudio: () => true,
  },
  address: '127.0.0.1',
};

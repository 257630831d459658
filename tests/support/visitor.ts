import type { Visitor } from '../../server/flow/line.ts';

/** Somebody with a key that may speak and keep transcripts, without limits. */
export const VISITOR: Visitor = {
  caller: {
    key: 'k',
    scopes: ['stream', 'transcripts'],
    sessionsMax: undefined,
    quota: { minutes: 0 },
    heard: () => true,
  },
  address: '127.0.0.1',
};

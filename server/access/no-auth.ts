import { Fault, SCOPES } from '../../protocol/index.ts';
import type { Authenticator, ClientIdentity } from '../ports/authenticator.ts';

const ANONYMOUS: ClientIdentity = {
  key: '',
  scopes: SCOPES,
  sessionsMax: undefined,
  quota: { minutes: 0 },
  countAudio: () => true,
};

/** Lets every client in: on loopback, or when the operator chose `--insecure`. */
export const noAuth: Authenticator = {
  needsKey: false,
  authenticate: () => Promise.resolve(ANONYMOUS),
  reauthenticate: () => Promise.resolve(ANONYMOUS),
  findRefusal: () => undefined,
  mintToken: () => Promise.reject(new Fault('auth.denied', { got: 'A token where no key is needed' })),
};

import { Fault, SCOPES } from '../../protocol/index.ts';
import type { Authenticator, ClientIdentity } from '../ports/authenticator.ts';

const ANYBODY: ClientIdentity = {
  key: '',
  scopes: SCOPES,
  sessionsMax: undefined,
  quota: { minutes: 0 },
  countAudio: () => true,
};

/** Lets everybody in: on loopback, or where the operator said `--insecure`. */
export const noAuth: Authenticator = {
  needsKey: false,
  authenticate: () => Promise.resolve(ANYBODY),
  reauthenticate: () => Promise.resolve(ANYBODY),
  findRefusal: () => undefined,
  mintToken: () => Promise.reject(new Fault('auth.denied', { got: 'A token where no key is needed' })),
};

import { Fault, SCOPES } from '../../protocol/index.ts';
import type { Authenticator, ClientIdentity } from '../ports/authenticator.ts';

const ANYBODY: ClientIdentity = {
  key: '',
  scopes: SCOPES,
  sessionsMax: undefined,
  quota: { minutes: 0 },
  heard: () => true,
};

/** Lets everybody in: on loopback, or where the operator said `--insecure`. */
export const noAuth: Authenticator = {
  needsKey: false,
  admit: () => Promise.resolve(ANYBODY),
  readmit: () => Promise.resolve(ANYBODY),
  refusalOf: () => undefined,
  mint: () => Promise.reject(new Fault('auth.denied', { got: 'A token where no key is needed' })),
};

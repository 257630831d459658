import { type Command, Fault, LIMITS, readClientMessage, SUBPROTOCOL, writeMessage } from '../../protocol/index.ts';
import type { Dialect, DialectSession, WireFrame } from '../ports/dialect.ts';

/** Our own protocol: text frames are messages, binary frames are audio. It has no state. */
const SESSION: DialectSession = {
  lifetime: 'kept',
  greet: () => ({ replies: [], commands: [] }),
  read: (frame) => ({ replies: [], commands: [readFrame(frame)] }),
  write: (event) => [writeMessage(event)],
  // The fault has been sent as an event.
  end: (status, reason) => ({ frames: [], status, reason }),
};

export const nativeDialect: Dialect = {
  name: 'native',
  subprotocol: (offered) => (offered.includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined),
  open({ subprotocols }) {
    const names = subprotocols.filter((name) => !name.startsWith('sotto.auth.'));
    if (names.length === 0 || names.includes(SUBPROTOCOL)) return SESSION;
    return new Fault('command.option', { name: 'subprotocol', got: names.join(', '), want: SUBPROTOCOL });
  },
};

function readFrame(frame: WireFrame): Command {
  if (typeof frame !== 'string') return { type: 'audio', bytes: frame };
  if (frame.length > LIMITS.textBytesMax)
    throw new Fault('frame.size', { bytes: frame.length, limit: LIMITS.textBytesMax });
  return readClientMessage(frame);
}

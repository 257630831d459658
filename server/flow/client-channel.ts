import { type EventBody, FAULTS, type Fault } from '../../protocol/index.ts';
import type { ClientIdentity } from '../ports/authenticator.ts';
import type { EventSink } from './outbox.ts';

/** Who opened a connection, and from where. */
export interface ConnectedClient {
  readonly identity: ClientIdentity;
  readonly address: string;
}

/** A connection, as its session sees it. */
export interface ClientChannel extends EventSink {
  /** Whether its client may reconnect after a lost connection. */
  readonly lifetime: 'kept' | 'connection';
  pause(): void;
  resume(): void;
  /** Ends the connection. Nothing from it reaches the session any more. */
  close(status: number, reason: string): void;
}

export function toFaultEvent(fault: Fault): Omit<Extract<EventBody, { type: 'fault' }>, 'fatal'> & { fatal: boolean } {
  return { type: 'fault', code: fault.code, text: fault.message, retry: FAULTS[fault.code].retry, fatal: true };
}

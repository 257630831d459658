import type { Start } from '../../protocol/commands.ts';
import type { EventOf } from '../../protocol/events.ts';

/** What a page must have kept to go on with a session after it was loaded anew, within `ready.resumeMs`. */
export interface ResumePoint {
  readonly ready: EventOf<'ready'>;
  /** Number of the last event whose effect was kept; what came after it is told again. */
  readonly seq: number;
  /** Audio that was not acknowledged, and the sample it begins at; what the server has of it is not sent again. */
  readonly audio?: { readonly fromSample: number; readonly bytes: Uint8Array } | undefined;
}

/** How a session begins: anew, or where an earlier page left it. */
export type SessionStart = { readonly start: Start; readonly reconnect: boolean } | { readonly kept: ResumePoint };

import type { Start } from '../../protocol/commands.ts';
import type { EventOf } from '../../protocol/events.ts';

/** What a page must save to resume its session after a reload, within `ready.resumeMs`. */
export interface ResumePoint {
  readonly ready: EventOf<'ready'>;
  /** Number of the last event whose effect was saved; later events are sent again. */
  readonly seq: number;
  /** Audio that was not acknowledged, and the sample it begins at. Samples the server already has are not sent again. */
  readonly audio?: { readonly fromSample: number; readonly bytes: Uint8Array } | undefined;
}

/** How a session begins: as a new one, or resumed where an earlier page left it. */
export type SessionStart = { readonly start: Start; readonly reconnect: boolean } | { readonly kept: ResumePoint };

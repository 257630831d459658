import { getOwnEntry } from '../../protocol/index.ts';
import type { CloseFrames } from '../ports/dialect.ts';

/** AssemblyAI's own numbers, which are error codes and close statuses at once. Its client tries again on some. */
const CODES: Readonly<Record<string, number>> = {
  'auth.missing': 4001,
  'auth.invalid': 4001,
  'auth.expired': 4001,
  'auth.denied': 4001,
  'auth.quota': 4029,
  'auth.sessions': 3009,
  'server.full': 3009,
  'audio.format': 3006,
  'frame.size': 3007,
  'session.idle': 4031,
  'session.unopened': 4031,
  'session.long': 3008,
};

/** Ours → theirs; what they have no number for is the server's fault or the input's. */
export function toAssemblyAiCode(fault: string): number {
  return getOwnEntry(CODES, fault) ?? (fault.startsWith('command.') || fault.startsWith('audio.') ? 3006 : 3005);
}

export function buildErrorFrame(fault: string, text: string): string {
  return JSON.stringify({ type: 'Error', error_code: toAssemblyAiCode(fault), error: text });
}

/** The end of a conversation: 1000 when it came to one, else the number of what went wrong. */
export function buildCloseFrames(status: number, reason: string): CloseFrames {
  if (status === 1000) return { frames: [], status, reason };
  return { frames: [], status: toAssemblyAiCode(reason), reason };
}

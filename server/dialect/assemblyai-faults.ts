import { getOwnEntry } from '../../protocol/index.ts';
import type { CloseFrames } from '../ports/dialect.ts';

/** AssemblyAI's numbers, which serve as error codes and close statuses alike. Its client reconnects on some of them. */
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

/** Maps our fault code to theirs; those without a counterpart are blamed on the server or on the input. */
export function toAssemblyAiCode(fault: string): number {
  return getOwnEntry(CODES, fault) ?? (fault.startsWith('command.') || fault.startsWith('audio.') ? 3006 : 3005);
}

export function buildErrorFrame(fault: string, text: string): string {
  return JSON.stringify({ type: 'Error', error_code: toAssemblyAiCode(fault), error: text });
}

/** The close of a conversation: 1000 when it ended properly, otherwise the code of the error. */
export function buildCloseFrames(status: number, reason: string): CloseFrames {
  if (status === 1000) return { frames: [], status, reason };
  return { frames: [], status: toAssemblyAiCode(reason), reason };
}

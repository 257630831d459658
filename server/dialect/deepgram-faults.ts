import { FAULTS } from '../../protocol/index.ts';
import type { CloseFrames, DialectContext, ErrorInfo, HttpRefusal } from '../ports/dialect.ts';

const ERROR_CODES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'INVALID_AUTH',
  403: 'INSUFFICIENT_PERMISSIONS',
  404: 'Not Found',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'Bad Request',
  429: 'TOO_MANY_REQUESTS',
  503: 'SERVICE_UNAVAILABLE',
};

/** A refusal in the shape Deepgram's clients expect. */
export function buildDeepgramRefusal(error: ErrorInfo, { id }: DialectContext): HttpRefusal {
  const status = FAULTS[error.code].http;
  const message = status === 401 ? 'Invalid credentials.' : error.message;
  return {
    status,
    // Header values are limited to Latin-1.
    headers: { 'dg-request-id': id, 'dg-error': message.replace(/[^\x20-\x7e]/g, '?') },
    body: { err_code: ERROR_CODES[status] ?? 'INTERNAL_SERVER_ERROR', err_msg: message, request_id: id },
  };
}

/** The close of a conversation, as Deepgram reports it. */
export function toDeepgramClose(status: number, reason: string): Omit<CloseFrames, 'frames'> {
  if (reason === 'session.idle') return { status: 1011, reason: 'NET-0001' };
  if (/^(audio|frame|command)\./.test(reason)) return { status: 1008, reason: `DATA-0000: ${reason}` };
  return { status, reason };
}

import { FAULTS } from '../../protocol/index.ts';
import type { DialectContext, ErrorInfo, HttpRefusal } from '../ports/dialect.ts';

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

/** A refusal in the shape Deepgram's clients read. */
export function buildDeepgramRefusal(trouble: ErrorInfo, { id }: DialectContext): HttpRefusal {
  const status = FAULTS[trouble.code].http;
  const message = status === 401 ? 'Invalid credentials.' : trouble.message;
  return {
    status,
    // A header takes no more than Latin-1.
    headers: { 'dg-request-id': id, 'dg-error': message.replace(/[^\x20-\x7e]/g, '?') },
    body: { err_code: ERROR_CODES[status] ?? 'INTERNAL_SERVER_ERROR', err_msg: message, request_id: id },
  };
}

import type { FaultCode } from '../../protocol/index.ts';
import type { DialectContext, ErrorInfo, HttpRefusal } from '../ports/dialect.ts';
import { toHttpStatus } from './upload-status.ts';

/** The types of error messages in a conversation. */
const MESSAGE_TYPES: Readonly<Partial<Record<FaultCode, string>>> = {
  'auth.quota': 'quota_exceeded',
  'auth.sessions': 'rate_limited',
  'server.full': 'resource_exhausted',
  'server.draining': 'resource_exhausted',
  'upload.busy': 'resource_exhausted',
  'session.long': 'session_time_limit_exceeded',
  'session.idle': 'insufficient_audio_activity',
  'session.unopened': 'insufficient_audio_activity',
  'frame.size': 'chunk_size_exceeded',
};

export function renderElevenLabsError(code: FaultCode, text: string): string {
  const type =
    MESSAGE_TYPES[code] ??
    (code.startsWith('auth.')
      ? 'auth_error'
      : /^(command|audio|frame)\./.test(code)
        ? 'input_error'
        : 'transcriber_error');
  return JSON.stringify({ message_type: type, error: text });
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'invalid_parameters',
  401: 'invalid_api_key',
  403: 'missing_permissions',
  413: 'file_too_large',
  429: 'too_many_concurrent_requests',
  503: 'system_busy',
};

export function buildElevenLabsRefusal(error: ErrorInfo, { id }: DialectContext): HttpRefusal {
  const status = toHttpStatus(error);
  const name = STATUS_NAMES[status] ?? 'error';
  return { status, headers: { 'request-id': id }, body: { detail: { status: name, message: error.message } } };
}

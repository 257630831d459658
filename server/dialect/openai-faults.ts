import type { DialectContext, ErrorInfo, HttpRefusal } from '../ports/dialect.ts';
import { toHttpStatus } from './upload-status.ts';

/** The error object in OpenAI's responses and events. */
export interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

const CODES: Readonly<Record<string, string>> = {
  'auth.missing': 'invalid_api_key',
  'auth.invalid': 'invalid_api_key',
  'auth.expired': 'invalid_api_key',
  'auth.quota': 'insufficient_quota',
  'auth.sessions': 'rate_limit_exceeded',
  'audio.format': 'invalid_value',
  'command.option': 'invalid_value',
  'model.unknown': 'model_not_found',
};

export function toOpenAiError({ code, message, data }: ErrorInfo): OpenAiError {
  const status = toHttpStatus({ code });
  const name = (data as { name?: unknown } | undefined)?.name;
  const type =
    status === 401
      ? 'authentication_error'
      : status === 429
        ? 'rate_limit_error'
        : status >= 500
          ? 'server_error'
          : 'invalid_request_error';
  const param = typeof name === 'string' ? name : code === 'audio.format' ? 'file' : null;
  return { message, type, param, code: CODES[code] ?? null };
}

export function buildOpenAiRefusal(error: ErrorInfo, { id }: DialectContext): HttpRefusal {
  return { status: toHttpStatus(error), headers: { 'x-request-id': id }, body: { error: toOpenAiError(error) } };
}

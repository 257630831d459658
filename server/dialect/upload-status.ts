import { FAULTS } from '../../protocol/index.ts';
import type { ErrorInfo } from '../ports/dialect.ts';

/** The HTTP status of a failed upload, for protocols in which a file of the wrong kind is a bad request. */
export function toHttpStatus({ code }: Pick<ErrorInfo, 'code'>): number {
  const { http } = FAULTS[code];
  return http === 415 || http === 408 ? 400 : http;
}

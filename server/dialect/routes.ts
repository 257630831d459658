import { STREAM_PATH } from '../../protocol/index.ts';
import type { Routes } from '../ports/dialect.ts';
import { assemblyaiDialect } from './assemblyai.ts';
import { deepgramDialect } from './deepgram.ts';
import { nativeDialect } from './native.ts';

/** Every door of the server, on one port. */
export const ROUTES: Routes = new Map([
  [STREAM_PATH, nativeDialect],
  ['/v1/listen', deepgramDialect],
  ['/v3/ws', assemblyaiDialect],
]);

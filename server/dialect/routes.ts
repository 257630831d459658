import { STREAM_PATH } from '../../protocol/index.ts';
import type { Routes } from '../ports/dialect.ts';
import { assemblyaiDialect } from './assemblyai.ts';
import { barePathDialect } from './bare-path.ts';
import { deepgramDialect } from './deepgram.ts';
import { nativeDialect } from './native.ts';
import { voskDialect } from './vosk.ts';
import { whisperLiveDialect } from './whisper-live.ts';

/** Every door of the server, on one port. */
export const ROUTES: Routes = new Map([
  [STREAM_PATH, nativeDialect],
  ['/v1/listen', deepgramDialect],
  ['/v3/ws', assemblyaiDialect],
  ['/', barePathDialect],
  ['/vosk', voskDialect],
  ['/whisper-live', whisperLiveDialect],
]);

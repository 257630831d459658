import { STREAM_PATH } from '../../protocol/index.ts';
import type { DialectRoutes, HttpRoutes } from '../ports/dialect.ts';
import { asrDetectLanguage, asrWebservice } from './asr-webservice.ts';
import { assemblyaiDialect } from './assemblyai.ts';
import { barePathDialect } from './bare-path.ts';
import { deepgramDialect } from './deepgram.ts';
import { deepgramFiles } from './deepgram-file.ts';
import { deepgramGrant } from './deepgram-grant.ts';
import { elevenLabsFiles, elevenLabsToken } from './elevenlabs-file.ts';
import { elevenLabsRealtimeDialect } from './elevenlabs-realtime.ts';
import { fluxDialect } from './flux.ts';
import { nativeDialect } from './native.ts';
import { openaiModels, openaiTranscriptions, openaiTranslations } from './openai-files.ts';
import { openaiRealtimeDialect } from './openai-realtime.ts';
import { openaiSecrets } from './openai-secrets.ts';
import { acceptRoomInUrl } from './room-in-url.ts';
import { sonioxDialect } from './soniox.ts';
import { voskDialect } from './vosk.ts';
import { whisperCppInference, whisperCppLoad } from './whisper-cpp.ts';
import { whisperLiveDialect } from './whisper-live.ts';
import { whisperLiveKitDialect } from './whisper-live-kit.ts';

/** All WebSocket endpoints of the server, on one port. Our own takes the room in `start`, the others in the URL. */
export const DIALECT_ROUTES: DialectRoutes = new Map([
  [STREAM_PATH, nativeDialect],
  ['/v1/listen', acceptRoomInUrl(deepgramDialect)],
  ['/v2/listen', acceptRoomInUrl(fluxDialect)],
  ['/v1/realtime', acceptRoomInUrl(openaiRealtimeDialect)],
  ['/v1/speech-to-text/realtime', acceptRoomInUrl(elevenLabsRealtimeDialect)],
  ['/v3/ws', acceptRoomInUrl(assemblyaiDialect)],
  ['/', acceptRoomInUrl(barePathDialect)],
  ['/vosk', acceptRoomInUrl(voskDialect)],
  ['/whisper-live', acceptRoomInUrl(whisperLiveDialect)],
  ['/transcribe-websocket', acceptRoomInUrl(sonioxDialect)],
  ['/asr', acceptRoomInUrl(whisperLiveKitDialect)],
]);

/** What is answered by HTTP besides the pages. */
export const HTTP_ROUTES: HttpRoutes = {
  uploads: new Map([
    ['/v1/audio/transcriptions', openaiTranscriptions],
    ['/v1/audio/translations', openaiTranslations],
    ['/v1/listen', deepgramFiles],
    ['/v1/speech-to-text', elevenLabsFiles],
    ['/inference', whisperCppInference],
    ['/asr', asrWebservice],
    ['/detect-language', asrDetectLanguage],
  ]),
  endpoints: [...openaiModels, ...openaiSecrets, deepgramGrant, elevenLabsToken, whisperCppLoad],
};

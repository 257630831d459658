import t from 'tap';
import { HTTP_ROUTES } from '../../../server/dialect/routes.ts';
import { replayExchange } from '../../support/exchange.ts';

for (const [what, file] of [
  [
    'a recording posted to the Deepgram-compatible endpoint is answered as recorded, field by field',
    'deepgram/file.jsonl',
  ],
  ["Deepgram's grant of a token is answered as recorded", 'deepgram/grant.jsonl'],
  ['files posted to the OpenAI-compatible endpoints are answered as recorded, in every format', 'openai/files.jsonl'],
  ["files posted to whisper.cpp's endpoint are answered as recorded, in every format", 'whisper-cpp/inference.jsonl'],
  ['files posted to the endpoints of whisper-asr-webservice are answered as recorded', 'asr-webservice/asr.jsonl'],
  ['files posted to the endpoint of ElevenLabs, and its token, are answered as recorded', 'elevenlabs/file.jsonl'],
  ["OpenAI's client secrets and models are answered as recorded", 'openai/questions.jsonl'],
] as const)
  t.test(what, (t) => replayExchange(t, HTTP_ROUTES, file));

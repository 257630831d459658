import t from 'tap';
import { Fault } from '../../../protocol/index.ts';
import { elevenLabsRealtimeDialect } from '../../../server/dialect/elevenlabs-realtime.ts';
import { CONTEXT, openSession, replay } from '../../support/conversation.ts';

const PATH = '/v1/speech-to-text/realtime?model_id=scribe_v2_realtime';

t.test('a conversation whose client commits is translated both ways, line by line', async (t) => {
  replay(t, elevenLabsRealtimeDialect, 'elevenlabs/manual.jsonl');
});

t.test('a conversation in which silence commits is, too', async (t) => {
  replay(t, elevenLabsRealtimeDialect, 'elevenlabs/vad.jsonl');
});

t.test('a segment that nobody commits is committed after a minute and a half', async (t) => {
  const session = openSession(elevenLabsRealtimeDialect, `${PATH}&audio_format=pcm_16000`);
  const sent: { message_type: string; text: string }[] = [];
  for (let i = 0; i < 20; i++) {
    const span = { fromMs: i * 10_000, toMs: i * 10_000 + 9_000 };
    const event = { type: 'final', text: `Sentence ${i}.`, words: [], language: 'en', ...span };
    sent.push(...session.write(event as never).map((frame) => JSON.parse(String(frame))));
  }
  const committed = sent.filter((frame) => frame.message_type === 'committed_transcript');
  t.equal(committed.length, 2);
  t.match(committed[0]!.text, /^Sentence 0\. .* Sentence 9\.$/);
});

t.test('a wrong query and a stranger are refused in the shape its clients read', async (t) => {
  for (const query of ['commit_strategy=never', 'vad_silence_threshold_secs=9', 'include_timestamps=perhaps'])
    t.throws(() => openSession(elevenLabsRealtimeDialect, `${PATH}&${query}`), { code: 'command.option' }, query);
  t.throws(() => openSession(elevenLabsRealtimeDialect, `${PATH}&audio_format=mp3`), { code: 'audio.format' });
  t.match(elevenLabsRealtimeDialect.refuse!(new Fault('auth.invalid', {}), CONTEXT), {
    ...{ status: 401, body: { detail: { status: 'invalid_api_key', message: String } } },
  });
});

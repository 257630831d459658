import t from 'tap';
import { Fault } from '../../../protocol/index.ts';
import { sonioxDialect } from '../../../server/dialect/soniox.ts';
import { CONTEXT, openSession, replay } from '../../support/conversation.ts';

const read = (config: object) => openSession(sonioxDialect, '/transcribe-websocket').read(JSON.stringify(config));

t.test('the recorded conversation is translated both ways, line by line', async (t) => {
  replay(t, sonioxDialect, 'soniox/tokens.jsonl');
});

t.test('audio in a container is passed on as it is', async (t) => {
  const session = openSession(sonioxDialect, '/transcribe-websocket');
  session.read('{"model":"stt-rt-v4"}');
  t.match(session.read(Buffer.from('OggS')).commands, [{ type: 'audio', bytes: Buffer.from('OggS') }]);
});

t.test('a configuration that cannot be served is a fault', async (t) => {
  const samples = { audio_format: 'pcm_s16le', sample_rate: 16_000, num_channels: 1 };
  t.throws(() => read({ audio_format: 'mulaw' }), { code: 'audio.format' });
  t.throws(() => read({ ...samples, sample_rate: 4_000 }), { code: 'command.option' });
  t.throws(() => read({ ...samples, num_channels: undefined }), { code: 'command.option' });
  t.throws(() => read({ ...samples, language_hints: 'en' }), { code: 'command.option' });
  t.throws(() => read({ ...samples, translation: { type: 'one_way', target_language: 'de' } }), {
    code: 'command.option',
  });
  t.throws(() => openSession(sonioxDialect, '/transcribe-websocket').read(new Uint8Array(4)), {
    code: 'command.out-of-order',
  });
  t.match(sonioxDialect.refuse!(new Fault('auth.missing', {}), CONTEXT), {
    ...{ status: 401, body: { error_code: 401, error_message: String } },
  });
});

t.test('an older context is a text', async (t) => {
  t.match(read({ context: 'Sotto, Whisper' }).commands, [{ vocabulary: ['Sotto', 'Whisper'] }]);
});

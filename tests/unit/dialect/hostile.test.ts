import t from 'tap';
import { isFault, readClientMessage } from '../../../protocol/index.ts';
import { AudioIntake } from '../../../server/core/audio/intake.ts';
import { DIALECT_ROUTES } from '../../../server/dialect/routes.ts';
import fc from '../../support/fast-check.ts';
import { oddAudio, oddText } from '../../support/hostile-frames.ts';
import { randomFrom } from '../../support/random.ts';

const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const context = { id: 'x', nowMs: 0, model: 'script' };

for (const [path, dialect] of DIALECT_ROUTES) {
  t.test(`whatever a client says at ${path}, it is read or refused with a fault`, async () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = randomFrom(seed);
        const request = { url: path, headers: {}, subprotocols: [], remoteAddress: '127.0.0.1' };
        const session = dialect.open(request, { ...context });
        if (isFault(session)) return true;
        session.greet();
        for (let i = 0; i < 15; i++) {
          try {
            session.read(random() < 0.4 ? oddAudio(random) : oddText(random));
          } catch (error) {
            if (!isFault(error)) throw error;
          }
        }
        return true;
      }),
      { numRuns: 60 },
    );
  });
}

t.test('a message nested as deep as a frame allows is answered with a fault', async (t) => {
  for (const field of ['language', 'audio', 'vocabulary', 'type', 'unknown']) {
    const text = `{"type":"configure","${field}":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    try {
      readClientMessage(text);
      t.ok(['unknown', 'audio'].includes(field), 'what is not known is ignored');
    } catch (error) {
      t.ok(isFault(error), `${field}: ${error}`);
      t.ok((error as Error).message.length < 300, 'and the fault is short');
    }
  }
});

t.test('a field nested as deep as a frame allows is not reported as a server error by any dialect', async (t) => {
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
  const fields = [
    'type',
    'Type',
    'session',
    'config',
    'uid',
    'language',
    'audio_format',
    'audio',
    'sample_rate',
    'max_alternatives',
    'language_code',
    'speech_model',
    'model',
    'chunk',
  ];
  for (const [path, dialect] of DIALECT_ROUTES) {
    for (const field of fields) {
      const request = { url: path, headers: {}, subprotocols: [], remoteAddress: '127.0.0.1' };
      const session = dialect.open(request, { ...context });
      if (isFault(session)) continue;
      session.greet();
      try {
        session.read(`{"${field}":${deep}}`);
        session.read(`{"type":"session.update","session":{"${field}":${deep}},"config":{"${field}":${deep}}}`);
      } catch (error) {
        if (!isFault(error)) t.fail(`${path}, ${field}: ${error}`);
      }
    }
  }
  t.pass('all were read or refused with a fault');
});

t.test('audio of any bytes, cut anywhere, comes out as numbers about as large as sound is', async () => {
  const formats = fc.record({
    encoding: fc.constantFrom('pcm_s16le' as const, 'pcm_f32le' as const, 'mulaw' as const, 'alaw' as const),
    sampleRate: fc.constantFrom(8_000, 11_025, 16_000, 44_100, 48_000),
    channels: fc.integer({ min: 1, max: 8 }),
    channelMode: fc.constantFrom('mix' as const, 'separate' as const),
  });
  fc.assert(
    fc.property(formats, seeds, (format, seed) => {
      const random = randomFrom(seed);
      const intake = new AudioIntake(format);
      const outputs = Array.from({ length: 6 }, () => intake.push(oddAudio(random)).channels);
      return [...outputs, intake.flush()].every(
        (channels) =>
          channels.every(({ length }) => length === channels[0]!.length) &&
          // Full-scale noise makes a filter ring beyond full scale: at most by the sum of its taps, below 4.
          channels.every((samples) => samples.every((value) => Number.isFinite(value) && Math.abs(value) < 4)),
      );
    }),
    { numRuns: 60 },
  );
});

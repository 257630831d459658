import { fileURLToPath } from 'node:url';
import t from 'tap';
import { cleanByRules } from '../../server/core/clean/rules.ts';
import { PIPELINE, type SessionSettings } from '../../server/core/session/settings.ts';
import { decoderOf, voicesOf } from '../bench/replay-parts.ts';
import { replayRecordings } from '../bench/replay-recordings.ts';
import { readRecordings } from '../support/recordings.ts';

const recordings = readRecordings(fileURLToPath(new URL('../fixtures/said-again', import.meta.url)));
const voices = await voicesOf(recordings);

type Source = NonNullable<SessionSettings['source']>;

/** The finals of each recording, played to a session under a simulated clock: file → text. */
async function hear(model: string, source: Source, cache: string): Promise<ReadonlyMap<string, string>> {
  const { replayed } = await replayRecordings(recordings, {
    decode: decoderOf(model, cache),
    voices,
    pipeline: PIPELINE,
    floors: { partial: 0, final: 512 },
    secondsPerFrame: 0.0004,
    ...{ machine: '', streams: 1 },
    settings: { source },
  });
  return new Map(
    replayed.map(({ recording, arrivals }) => [
      recording.file,
      arrivals.flatMap(({ event }) => (event.type === 'final' ? [event.text] : [])).join(' '),
    ]),
  );
}

// Live, `base` hears a sixth "testing" of this voice while it is spoken.
for (const [model, source] of [
  ['tiny.en', 'live'],
  ['base', 'recording'],
] as const) {
  t.test(
    `${model} hears phrases as often as they were said (${source}), and rules clean none of them away`,
    async (t) => {
      const heard = await hear(model, source, t.testdir());
      for (const form of ['as spoken', 'cleaned'] as const) {
        const text = (file: string): string =>
          form === 'cleaned' ? cleanByRules(heard.get(file)!, 'en') : heard.get(file)!;
        t.equal(text('vow.wav').match(/go there/g)?.length, 3, `vow, ${form}: ${text('vow.wav')}`);
        const test = text('test.wav').toLowerCase();
        t.equal(test.slice(0, test.indexOf('one')).match(/\w+/g)?.length, 5, `test, ${form}: ${test}`);
        t.match(test, /one, two, three/);
        const [, noes = ''] = /he said,? (.*)/i.exec(text('no.wav')) ?? [];
        t.equal(noes.split(/\s+/).length, 8, `no, ${form}: ${text('no.wav')}`);
      }
    },
  );
}

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { PIPELINE } from '../../server/core/session/settings.ts';
import { assignFinals, type JoinedRecording, joinRecordings } from '../bench/language-joins.ts';
import { decoderOf, voicesOf } from '../bench/replay-parts.ts';
import { replayRecordings } from '../bench/replay-recordings.ts';
import { readRecordings } from '../support/recordings.ts';
import { wordErrorRate } from '../support/wer.ts';

const fixtures = ['speech', 'languages'].flatMap((folder) =>
  readRecordings(fileURLToPath(new URL(`../fixtures/${folder}`, import.meta.url))),
);
const find = (file: string) => fixtures.find((recording) => recording.file === `${file}.wav`)!;

/** What speakers of two languages say, one recording after the other. */
const JOINS: Readonly<Record<string, readonly string[]>> = {
  'French, then English': ['artikulate_fr_14', 'fleurs_fr_002', 'short_01', 'short_10'],
  'English, then German, then English': [
    ...['short_05', 'short_07', 'thorsten_de_a45c0505', 'fleurs_de_001', 'short_14', 'short_20'],
  ],
};
/** More than a model of this size makes in its own language, and far less than in another one. */
const WRONG_SHARE_MAX = 0.5;

/** Plays a recording to a session that detects the language, under a simulated clock. */
async function hear({ recording, parts }: JoinedRecording, languages: readonly string[], cache: string) {
  const { replayed } = await replayRecordings([recording], {
    ...{ decode: decoderOf('base', cache), voices: await voicesOf([recording]), pipeline: PIPELINE },
    floors: { partial: 0, final: 512 },
    secondsPerFrame: 0.0004,
    ...{ machine: '', streams: 1 },
    settings: { language: 'auto', languages },
  });
  return assignFinals(replayed[0]!.arrivals, parts);
}

for (const [name, files] of Object.entries(JOINS))
  t.test(`${name}: each sentence comes out in the language it was said in`, async (t) => {
    const folder = t.testdir();
    const joined = joinRecordings(name, files.map(find), folder);
    const finals = await hear(joined, [], join(folder, 'decodes'));
    t.ok(finals.length >= files.length, `${finals.length} sentences`);
    for (const { text, language, part } of finals) t.equal(language, part.language, text);
    for (const part of joined.parts) {
      const text = finals.flatMap((final) => (final.part === part ? [final.text] : [])).join(' ');
      const { errors, words } = wordErrorRate(part.text, text, part.language);
      t.ok(errors / words <= WRONG_SHARE_MAX, `${errors} of ${words} words are wrong: ${text}`);
    }
  });

import { readFileSync } from 'node:fs';
import t from 'tap';
import { type RoomRecording, runOverlay } from '../../support/overlay-run.ts';

const recordings = readFileSync(new URL('../../fixtures/overlay-events.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as RoomRecording);

t.test('over recorded live text no complete line changes, no row goes back and none is passed over', async (t) => {
  t.ok(recordings.length > 10);
  for (const text of ['cleaned', 'raw'] as const) {
    for (const recording of recordings) {
      const run = runOverlay(recording, { text, interim: true, chars: 37 });
      t.match(run, { changed: 0, wentBack: 0, skipped: 0 }, `${recording.file}, ${text}`);
      if (text === 'raw') t.equal(run.exchanged, 0, `${recording.file}: words as spoken are only appended to`);
    }
  }
});

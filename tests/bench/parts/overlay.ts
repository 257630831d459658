// What the overlay makes of recorded live text: lines shown, and complete lines that changed (0 is the aim), looked at 60
// times a second. `--record yes` sends the recordings to a server in real time and writes down what came and when.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TextEvent } from '../../../transcript/sentence.ts';
import { type RoomRecording, runOverlay } from '../../support/overlay-run.ts';
import { readRecordings } from '../../support/recordings.ts';
import { feed, samplesOf, startBenchServer } from '../feed.ts';
import type { Arrival } from '../measures.ts';
import { machine, readArgs, reportFailures, table } from '../report.ts';

const EVENTS = fileURLToPath(new URL('../../fixtures/overlay-events.jsonl', import.meta.url));
/** As it would be read, and with nothing to read it by. */
const VARIANTS = [
  { text: 'cleaned', interim: true },
  { text: 'raw', interim: true },
  { text: 'cleaned', interim: false },
] as const;

export async function run(args: string[]): Promise<void> {
  const options = readArgs(args, {
    data: fileURLToPath(new URL('../../fixtures/speech', import.meta.url)),
    events: EVENTS,
    model: 'base',
    record: '',
    chars: '37,20',
  });
  if (options['record'] !== '') await record(options['data']!, options['model']!, options['events']!);
  const recordings = readFileSync(options['events']!, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RoomRecording);
  const rows: (string | number)[][] = [
    [
      'text',
      'words while spoken',
      'chars',
      'lines',
      'changed',
      'went back',
      'ends exchanged',
      'waiting, most',
      'passed over',
      'chars/s',
    ],
  ];
  const failures: string[] = [];
  for (const chars of options['chars']!.split(',').map(Number)) {
    for (const variant of VARIANTS) {
      const runs = recordings.map((recording) => runOverlay(recording, { ...variant, chars }));
      for (const { file, changed } of runs.map((run, i) => ({ ...run, file: recordings[i]!.file })))
        if (changed > 0) failures.push(`${file}: ${changed} complete lines changed with ${chars} characters`);
      const sum = (of: (run: (typeof runs)[number]) => number): string =>
        String(runs.reduce((all, run) => all + of(run), 0));
      rows.push([
        ...[variant.text, variant.interim ? 'yes' : 'no', String(chars)],
        ...[
          sum((run) => run.lines),
          sum((run) => run.changed),
          sum((run) => run.wentBack),
          sum((run) => run.exchanged),
        ],
        ...[String(Math.max(...runs.map((run) => run.waitingMost))), sum((run) => run.skipped)],
        Math.max(...runs.map((run) => run.columnsPerSecond)),
      ]);
    }
  }
  console.log(`${machine()}; ${recordings.length} recordings; chars/s is the fastest recording's\n${table(rows)}`);
  reportFailures(failures);
}

async function record(data: string, model: string, path: string): Promise<void> {
  const server = await startBenchServer(['--model', model, '--language', 'auto']);
  const lines: string[] = [];
  try {
    for (const recording of data.split(',').flatMap(readRecordings)) {
      const arrivals = await feed(server.url, samplesOf(recording), { language: 'auto' });
      const events = arrivals.flatMap(roomEvent);
      if (events.length > 0) lines.push(JSON.stringify({ file: recording.file, events }));
    }
  } finally {
    await server.stop();
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
}

/** What a viewer of the room would have been sent. */
function roomEvent({ atMs: came, event }: Arrival): { atMs: number; event: TextEvent }[] {
  const atMs = Math.round(came);
  const session = 's';
  if (event.type === 'partial') {
    const { type, channel, sentence, stable, tentative } = event;
    return [{ atMs, event: { type, session, channel, sentence, stable, tentative } }];
  }
  if (event.type !== 'final' && event.type !== 'cleaned') return [];
  const { type, channel, sentence, text } = event;
  return [{ atMs, event: { type, session, channel, sentence, text } }];
}

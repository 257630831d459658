import type { PipelineOptions, SessionSettings } from '../../server/core/session/settings.ts';
import type { Recording } from '../support/recordings.ts';
import { samplesOf } from './feed.ts';
import { findMachine } from './machines.ts';
import type { Arrival } from './measures.ts';
import { type Decoder, Replay, type TurnJudge } from './replay.ts';
import { settingsFor } from './replay-parts.ts';
import { SimulatedClock } from './simulated-clock.ts';
import {
  type DecodeRunner,
  type DecodeStatistics,
  OneSlot,
  simulateScheduler,
  type WindowFloors,
} from './simulated-decoding.ts';

export interface ReplayRecordingsOptions {
  readonly decode: Decoder;
  readonly voices: ReadonlyMap<string, Float32Array>;
  /** Answers the questions to the turn detector; undefined leaves them unanswered. */
  readonly turns?: TurnJudge | undefined;
  readonly pipeline: PipelineOptions;
  readonly floors: WindowFloors;
  /** Seconds that a frame of the window costs, on one slot. */
  readonly secondsPerFrame: number;
  /** A machine of the table with the server's scheduler, instead of one slot; `''` is none. */
  readonly machine: string;
  /** Recordings that are played at once. */
  readonly streams: number;
  /** What sessions ask for instead of the language of their recording; default nothing. */
  readonly settings?: Partial<SessionSettings>;
}

export interface ReplayedRecording {
  readonly recording: Recording;
  readonly arrivals: readonly Arrival[];
}

/** Streams begin this far apart, ms. */
const STAGGER_MS = 370;

/** Plays the recordings one after the other, in as many streams as asked for, under one simulated clock. */
export async function replayRecordings(
  recordings: readonly Recording[],
  options: ReplayRecordingsOptions,
): Promise<{
  readonly replayed: readonly ReplayedRecording[];
  readonly statistics: DecodeStatistics;
}> {
  const { voices, turns, pipeline, streams } = options;
  const clock = new SimulatedClock();
  const statistics = { decodes: 0, busyS: 0, secondS: 0 };
  const playing = new Set<Replay>();
  const runner = openRunner(options, clock, statistics, playing);
  const waiting = [...recordings];
  const replayed: ReplayedRecording[] = [];
  const playNext = (): void => {
    const recording = waiting.shift();
    if (recording === undefined) return;
    const { file } = recording;
    const settings = { ...settingsFor(recording, pipeline), ...options.settings };
    const voice = voices.get(file)!;
    const replay = new Replay(
      file,
      samplesOf(recording),
      { clock, runner, voice, turns, pipeline, settings },
      (arrivals) => {
        playing.delete(replay);
        replayed.push({ recording, arrivals });
        clock.setTimer(0, playNext);
      },
    );
    playing.add(replay);
  };
  for (let stream = 0; stream < streams; stream++) clock.setTimer(stream * STAGGER_MS, playNext);
  await clock.run(() => replayed.length === recordings.length);
  return { replayed, statistics };
}

function openRunner(
  { decode, floors, secondsPerFrame, machine, pipeline }: ReplayRecordingsOptions,
  clock: SimulatedClock,
  statistics: DecodeStatistics,
  playing: ReadonlySet<Replay>,
): DecodeRunner {
  const decoding = { clock, decode, floors, statistics };
  if (machine === '') return new OneSlot({ ...decoding, cost: (frames) => 0.02 + frames * secondsPerFrame });
  return simulateScheduler({ ...decoding, machine: findMachine(machine) }, pipeline.partialEveryMs, (level) => {
    for (const replay of playing) replay.setServiceLevel(level);
  });
}

import t from 'tap';
import { type EventBody, isFault, type Start } from '../../../protocol/index.ts';
import type { ClientChannel } from '../../../server/flow/client-channel.ts';
import { Journals } from '../../../server/flow/journals.ts';
import type { SessionParts } from '../../../server/flow/live-session.ts';
import { SessionOpening } from '../../../server/flow/session-opening.ts';
import { silentMeter } from '../../../server/flow/silent-meter.ts';
import { MemoryJournalStore } from '../../../server/store/memory-journal-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { memoryRecorder } from '../../support/memory-recorder.ts';
import { scriptedParts, silentLog } from '../../support/scripted-server.ts';
import { TEST_CLIENT } from '../../support/test-client.ts';

const START: Start = {
  type: 'start',
  audio: { encoding: 'pcm_s16le', sampleRate: 16_000, channels: 2, channelMode: 'separate' },
  room: 'hall',
  keep: {},
};

/** A server's parts, of which the call number `failAt` (from 1) throws, whatever part it is of. */
function place(failAt: number) {
  const clock = new ManualClock();
  const store = new MemoryJournalStore();
  const { store: transcripts, recorder } = memoryRecorder({ clock });
  const { parts } = scriptedParts([], { clock, recorder });
  const probes = { open: 0 };
  const joined = new Set<string>();
  const calls: string[] = [];
  const counted = <T extends object>(name: string, part: T): T =>
    new Proxy(part, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          calls.push(`${name}.${String(key)}`);
          if (calls.length === failAt) throw new Error(`${calls.at(-1)} fails`);
          if (name === 'scheduler' && key === 'addSession') joined.add(String(args[0]));
          if (name === 'scheduler' && key === 'removeSession') joined.delete(String(args[0]));
          return value.apply(target, args);
        };
      },
    });
  const speechModel = {
    thresholds: { open: 0.5, close: 0.35 },
    openProbe: () => {
      probes.open++;
      return { computeProbability: async () => 0, close: () => void probes.open-- };
    },
    close: async () => {},
  };
  const events: EventBody[] = [];
  const line: ClientChannel = {
    lifetime: 'kept',
    queuedBytes: () => 1,
    send: (event) => void events.push(event),
    pause: () => {},
    resume: () => {},
    close: () => {},
  };
  const injected: SessionParts = {
    ...parts,
    clock: counted('clock', clock),
    scheduler: counted('scheduler', parts.scheduler),
    rooms: counted('rooms', parts.rooms),
    journals: counted('journals', new Journals(store, silentLog, silentMeter)),
    recorder: counted('recorder', recorder),
    speechModel: counted('speechModel', speechModel),
  };
  const left = () => ({
    timers: clock.waiting,
    journals: [...store.listLeftovers()].length,
    transcripts: transcripts.list('k', { words: [], limit: 10 }).transcripts.length,
    room: parts.rooms.find('hall') !== undefined,
    probes: probes.open,
    joined: joined.size,
    registered: parts.registry.size,
  });
  const open = async () => {
    const opening = new SessionOpening(START, injected, TEST_CLIENT);
    await opening.ready;
    return opening.open(counted('line', line));
  };
  return { calls, left, open, events };
}

const NOTHING = { timers: 0, journals: 0, transcripts: 0, room: false, probes: 0, joined: 0, registered: 0 };

t.test('a session that cannot be opened leaves nothing, at whichever step it fails', async (t) => {
  const well = place(0);
  await well.open();
  t.match(well.left(), { journals: 1, transcripts: 1, room: true, probes: 2, joined: 1 }, 'the parts are really there');
  t.ok(well.left().timers >= 3, 'and so are its timers');
  const steps = [
    'speechModel.openProbe',
    'clock.setTimer',
    'scheduler.addSession',
    'rooms.checkReader',
    'recorder.startRecording',
    'journals.create',
  ];
  for (const step of [...steps, 'line.send', 'rooms.enter']) t.ok(well.calls.includes(step), `${step} is one of them`);
  for (let failAt = 1; failAt <= well.calls.length; failAt++) {
    const { calls, left, open } = place(failAt);
    await t.rejects(open(), /fails/, `${failAt}: ${well.calls[failAt - 1]}`);
    t.equal(calls[failAt - 1], well.calls[failAt - 1]);
    t.same(left(), NOTHING, `nothing is left after ${well.calls[failAt - 1]}`);
  }
});

t.test('a start that the schema refuses opens nothing, whoever made it', async (t) => {
  const bad: readonly [object, string][] = [
    [{ audio: { encoding: Object, sampleRate: undefined, channels: 1, channelMode: 'mix' } }, 'audio.format'],
    [{ audio: { encoding: 'pcm_s16le', sampleRate: Number.NaN, channels: 1, channelMode: 'mix' } }, 'audio.format'],
    [{ language: 'english' }, 'command.option'],
    [{ endpoint: { minMs: 1 } }, 'command.option'],
    [{ vocabulary: ['x'.repeat(200)] }, 'command.option'],
    [{ cleanup: { mode: 'constructor' } }, 'command.option'],
  ];
  for (const [fields, code] of bad) {
    const clock = new ManualClock();
    const { parts } = scriptedParts([], { clock });
    const start = { ...START, ...fields } as Start;
    const line = { lifetime: 'kept', queuedBytes: () => 0, send() {}, pause() {}, resume() {}, close() {} } as const;
    try {
      new SessionOpening(start, parts, TEST_CLIENT).open(line);
      t.fail(JSON.stringify(fields));
    } catch (error) {
      t.ok(isFault(error) && error.code === code, `${JSON.stringify(fields)}: ${error}`);
    }
    t.equal(parts.rooms.find('hall'), undefined);
    t.equal(clock.waiting, 0);
  }
});

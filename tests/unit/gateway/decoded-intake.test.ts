import t from 'tap';
import { type Command, Fault } from '../../../protocol/index.ts';
import { DecodedIntake } from '../../../server/gateway/decoded-intake.ts';
import type { AudioDecoder, DecodedAudio } from '../../../server/ports/decoder.ts';

/** What the promises of an intake have to do is done. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const SOUND: DecodedAudio = { sampleRate: 48_000, channels: 1, bytes: new Uint8Array(8) };
const START: Command = { type: 'start', partials: { mode: 'revisable' } };
const audio = (bytes: number): Command => ({ type: 'audio', bytes: new Uint8Array(bytes) });

/** An intake whose decoder gives sound for every piece of more than one byte, once it may. */
function open(mayDecode: Promise<void> = Promise.resolve()) {
  const commands: Command[] = [];
  const faults: unknown[] = [];
  const pauses: string[] = [];
  const decoder: Pick<AudioDecoder, 'open'> = {
    open: () => ({
      async *feed(bytes) {
        await mayDecode;
        if (bytes.length > 1) yield SOUND;
      },
      async *end() {},
      close: () => {},
    }),
  };
  const intake = new DecodedIntake(
    decoder as AudioDecoder,
    { kind: undefined, layout: 'mix', raw: { sampleRate: 48_000, channels: 1 }, want: 'sound' },
    {
      command: (command) => commands.push(command),
      failed: (error) => faults.push(error),
      stop: () => pauses.push('stop'),
      go: () => pauses.push('go'),
    },
  );
  return { intake, commands, faults, pauses };
}

t.test('what a client sends before its sound is known follows the start, in order', async (t) => {
  const { intake, commands } = open();
  const configure: Command = { type: 'configure', vocabulary: ['Sotto'] };
  for (const command of [START, configure, { type: 'keepalive' } as const, audio(1), { type: 'flush' } as const])
    intake.put(command);
  await settle();
  t.same(commands, [], 'a header is no sound');
  intake.put(audio(2));
  await settle();
  t.match(commands, [
    { type: 'start', audio: { sampleRate: 48_000 } },
    configure,
    { type: 'flush' },
    { type: 'audio' },
  ]);
  t.equal(commands.length, 4);
});

t.test('it also follows the start of a session without any sound', async (t) => {
  const { intake, commands } = open();
  for (const command of [START, { type: 'flush' }, { type: 'finish' }] as const) intake.put(command);
  await settle();
  t.same(
    commands.map(({ type }) => type),
    ['start', 'flush', 'finish'],
  );
});

t.test('only so many messages wait for the first sound', async (t) => {
  const { intake, faults } = open();
  intake.put(START);
  for (let i = 0; i < 100; i++) intake.put({ type: 'flush' });
  await settle();
  t.same(faults, []);
  intake.put({ type: 'flush' });
  await settle();
  t.match(faults, [{ code: 'command.out-of-order', message: /message 101 before any sound/ }]);
  t.ok(faults[0] instanceof Fault);
});

t.test('messages that wait for a slow decoder pause the client, too', async (t) => {
  let decode = (): void => {};
  const { intake, commands, pauses } = open(
    new Promise((resolve) => {
      decode = resolve;
    }),
  );
  intake.put(START);
  intake.put(audio(2));
  for (let i = 0; i < 50; i++) intake.put({ type: 'configure', vocabulary: ['x'.repeat(10_000)] });
  await settle();
  t.same(pauses, ['stop']);
  decode();
  await settle();
  t.same(pauses, ['stop', 'go']);
  t.equal(commands.filter(({ type }) => type === 'configure').length, 50);
});

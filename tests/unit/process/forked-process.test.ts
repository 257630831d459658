import { join } from 'node:path';
import t from 'tap';
import { ForkedProcess } from '../../../server/process/forked-process.ts';
import { silentLog } from '../../support/scripted-server.ts';

for (const serialization of ['json', 'advanced'] as const)
  t.test(
    `a process that sends a message without end is killed before it fills the memory (${serialization})`,
    async (t) => {
      const folder = t.testdir({
        'endless.mjs': `
        import { writeSync } from 'node:fs';
        // A length of 2 GiB, which is how a message of the advanced kind begins; one of JSON ends with its line.
        process.send({ small: true }, () => {
          const bytes = Buffer.alloc(65_536, 'x');
          let rest = Buffer.from([0x7f, 0xff, 0xff, 0x00]);
          for (;;) try { rest = rest.subarray(writeSync(3, rest)); if (rest.length === 0) rest = bytes; } catch {}
        });
        process.on('disconnect', () => process.exit());`,
      });
      const messages: unknown[] = [];
      const reason = await new Promise((resolve) => {
        const program = { path: join(folder, 'endless.mjs'), serialization, messageBytesMax: 1_048_576 };
        new ForkedProcess(program, silentLog, { onMessage: (value) => messages.push(value), onEnded: resolve });
      });
      t.equal(reason, 'sent a message that is too large');
      t.same(messages, [{ small: true }]);
    },
  );

t.test('many messages may be larger together than one may be', async (t) => {
  const folder = t.testdir({
    'many.mjs':
      "for (let i = 0; i < 40; i++) process.send({ text: 'x'.repeat(100_000) }); process.on('disconnect', () => {});",
  });
  let count = 0;
  const outcome = await new Promise((resolve) => {
    const program = { path: join(folder, 'many.mjs'), messageBytesMax: 1_048_576 };
    const onMessage = (): void => {
      if (++count === 40) resolve('all of them');
    };
    const child = new ForkedProcess(program, silentLog, { onMessage, onEnded: resolve });
    t.teardown(() => child.stop());
  });
  t.equal(outcome, 'all of them');
});

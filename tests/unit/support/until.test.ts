import t from 'tap';
import { staysTrue, until } from '../../support/until.ts';

t.test('a condition is looked at until it holds', async (t) => {
  let looks = 0;
  await until(() => ++looks === 3);
  t.equal(looks, 3);
  await until(async () => ++looks === 5);
  t.equal(looks, 5);
});

t.test('one that does not come to hold fails with what was awaited, and where', async (t) => {
  const story: string[] = [];
  const waiting = until(() => story.length > 0, { withinMs: 10 });
  const error = await waiting.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  t.match(error?.message, /^Waited 0\.01 s in vain until story\.length ?> ?0$/);
  t.match(error?.stack, /until\.test/);
  await t.rejects(
    until(() => false, { what: 'the server is ready', withinMs: 1 }),
    { message: /the server is ready$/ },
  );
});

t.test('what a condition throws ends the waiting', async (t) => {
  const broken = (): boolean => {
    throw new Error('no such file');
  };
  await t.rejects(until(broken), { message: 'no such file' });
});

t.test('what stays true is watched for its time', async (t) => {
  let looks = 0;
  await staysTrue(() => ++looks > 0, 20);
  t.ok(looks >= 2);
});

t.test('what does not stay true fails at once, and says what it was', async (t) => {
  let looks = 0;
  await t.rejects(
    staysTrue(() => ++looks < 3, 100_000),
    { message: /^Within 100000 ms it was no longer true that \+\+looks ?< ?3$/ },
  );
  t.equal(looks, 3);
});

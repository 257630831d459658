import t, { type Test } from 'tap';
import { ObsOutlet } from '../../../../client/cli/captions/obs-outlet.ts';
import { systemClock } from '../../../../client/cli/captions/outlet.ts';
import { captionOf } from '../../../support/caption.ts';
import { ObsServer } from '../../../support/obs-server.ts';

const pace = { style: 'pop-on', chars: 32, rows: 2, minMs: 0, maxMs: 0, charsPerSecond: 1e6, blocksMax: 16 } as const;

async function open(t: Test, { password, given }: { password?: string; given?: string } = {}) {
  const obs = new ObsServer(password);
  await obs.start();
  t.teardown(() => obs.stop());
  const messages: string[] = [];
  const outlet = new ObsOutlet({
    ...{ url: obs.url, password: given, pace, clock: systemClock },
    print: (text) => messages.push(text),
  });
  return { obs, outlet, messages };
}

t.test('captions arrive in order, after the right answer to the challenge', async (t) => {
  const { obs, outlet, messages } = await open(t, { password: 'tölles Passwort', given: 'tölles Passwort' });
  for (const text of ['One.', 'Two.', 'Three.']) outlet.take(captionOf(text));
  t.same(await obs.waitFor(3), ['One.', 'Two.', 'Three.']);
  await outlet.finish(1_000);
  t.same(obs.shown.at(-1), '', 'the screen is cleared at the end');
  t.same([obs.connections, obs.refused, obs.wrongs, messages], [1, 0, [], []]);
});

t.test('a server without a password is talked to without one', async (t) => {
  const { obs, outlet } = await open(t, { given: 'not needed' });
  outlet.take(captionOf('One.'));
  t.same(await obs.waitFor(1), ['One.']);
  await outlet.finish(1_000);
});

t.test('a wrong password ends it with one line that says where the right one stands', async (t) => {
  const { obs, outlet } = await open(t, { password: 'right', given: 'wrong' });
  outlet.take(captionOf('One.'));
  t.match(await outlet.failed, /does not take this password.*Show Connect Info/);
  t.equal(obs.connections, 1, 'it does not try again');
  await outlet.finish(1_000);
});

t.test('no password where one is wanted ends it with a line that says how to give one', async (t) => {
  const { outlet } = await open(t, { password: 'right' });
  outlet.take(captionOf('One.'));
  t.match(await outlet.failed, /SOTTO_OBS_PASSWORD/);
  await outlet.finish(1_000);
});

t.test('OBS that is started later gets the waiting captions, and the problem is reported once', async (t) => {
  const { obs, outlet, messages } = await open(t);
  await obs.stop();
  for (const text of ['One.', 'Two.']) outlet.take(captionOf(text));
  while (messages.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await obs.start();
  t.same(await obs.waitFor(2), ['One.', 'Two.']);
  await outlet.finish(1_000);
  t.match(messages, [/OBS: not reached at ws:.*start OBS and switch on/, /it goes on/]);
});

t.test('a caption that OBS had in hand when it went away is sent again, and none is lost or doubled', async (t) => {
  const { obs, outlet } = await open(t);
  outlet.take(captionOf('One.'));
  await obs.waitFor(1);
  obs.mood = 'dies before';
  for (const text of ['Two.', 'Three.']) outlet.take(captionOf(text));
  while (obs.connections < 3) await new Promise((resolve) => setImmediate(resolve));
  obs.mood = 'shows';
  t.same(await obs.waitFor(3), ['One.', 'Two.', 'Three.']);
  await outlet.finish(1_000);
  t.same(obs.shown, ['One.', 'Two.', 'Three.', '']);
});

t.test('while OBS does not stream captions go nowhere, which is reported once; then they arrive', async (t) => {
  const { obs, outlet, messages } = await open(t);
  obs.mood = 'not streaming';
  for (const text of ['One.', 'Two.']) outlet.take(captionOf(text));
  while (outlet.waiting > 0) await new Promise((resolve) => setImmediate(resolve));
  obs.mood = 'shows';
  outlet.take(captionOf('Three.'));
  t.same(await obs.waitFor(1), ['Three.']);
  await outlet.finish(1_000);
  t.match(messages, [/not streaming/, /goes on/]);
});

t.test('OBS that is still starting is asked again', async (t) => {
  const { obs, outlet } = await open(t);
  obs.mood = 'starting';
  outlet.take(captionOf('One.'));
  while (obs.connections === 0) await new Promise((resolve) => setImmediate(resolve));
  obs.mood = 'shows';
  t.same(await obs.waitFor(1), ['One.']);
  await outlet.finish(1_000);
});

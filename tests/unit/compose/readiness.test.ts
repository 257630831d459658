import t from 'tap';
import { checkReadiness } from '../../../server/compose/readiness.ts';
import { answerRequest } from '../../support/answer-request.ts';

async function readyz(parts: Parameters<typeof checkReadiness>[0]) {
  const { isReady, problems } = checkReadiness(parts);
  const site = {
    ...{ webFolder: '/nowhere', info: () => ({}), metrics: () => Promise.resolve('') },
    ...{ ready: () => isReady, problems: () => problems },
  };
  const response = await answerRequest(new Request('http://here/readyz'), site);
  return [response.status, (await response.text()).trimEnd().split('\n')] as const;
}

const up = { downMs: 0 };

t.test('/readyz names each part that is down', async (t) => {
  t.same(await readyz({ recogniser: up, cleaner: undefined, isStopping: false }), [200, ['ready']]);
  t.same(await readyz({ recogniser: up, cleaner: {}, isStopping: false }), [200, ['ready']]);
  t.same(await readyz({ recogniser: up, cleaner: { isRunning: true }, isStopping: false }), [200, ['ready']]);
  t.same(
    await readyz({ recogniser: up, cleaner: { isRunning: false }, isStopping: false }),
    [200, ['ready', 'cleaner: restarting']],
    'the rules do its work',
  );
  t.same(await readyz({ recogniser: { downMs: 9_999 }, cleaner: undefined, isStopping: false }), [
    200,
    ['ready', 'recogniser: restarting for 10 s'],
  ]);
  t.same(await readyz({ recogniser: { downMs: 10_001 }, cleaner: { isRunning: false }, isStopping: false }), [
    503,
    ['not ready', 'recogniser: restarting for 11 s', 'cleaner: restarting'],
  ]);
  t.same(await readyz({ recogniser: up, cleaner: undefined, isStopping: true }), [
    503,
    ['not ready', 'server: stopping'],
  ]);
});

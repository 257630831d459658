import t from 'tap';
import { FULL_SERVICE_LEVEL, type ServiceLevel } from '../../../../server/core/schedule/load-shedder.ts';
import { LagNotice } from '../../../../server/core/session/lag-notice.ts';

const level = (change: Partial<ServiceLevel>): ServiceLevel => ({ ...FULL_SERVICE_LEVEL, lagMs: 0, ...change });

t.test('each change of service is told once', async (t) => {
  const notice = new LagNotice(false);
  t.equal(notice.update(level({}))?.text, undefined);
  t.equal(notice.update(level({ step: 'slow' }))?.text, 'The server is busy: partials come less often.');
  t.equal(notice.update(level({ step: 'slow' }))?.text, undefined);
  t.match(notice.update(level({ step: 'off' }))?.text, /partials are off for now/);
  t.equal(notice.update(level({}))?.text, 'Decoding has caught up.');
});

t.test('finals that are late are told with how late, until they are half as late', async (t) => {
  const notice = new LagNotice(false);
  t.equal(notice.update(level({ lagMs: 1_999 }))?.text, undefined);
  t.equal(notice.update(level({ lagMs: 2_460 }))?.text, 'Decoding is 2.5 s behind. Finals come late; none is dropped.');
  t.ok(notice.isLagging);
  t.equal(notice.update(level({ lagMs: 1_000 }))?.text, undefined, 'it still is');
  t.equal(notice.update(level({ lagMs: 999 }))?.text, 'Decoding has caught up.');
  t.notOk(notice.isLagging);
});

t.test('another model is told elsewhere', async (t) => {
  t.equal(new LagNotice(false).update(level({ step: 'small' })), undefined);
});

t.test('what was told before a restart is not told again', async (t) => {
  const notice = new LagNotice(true);
  t.equal(notice.update(level({ lagMs: 3_000 }))?.text, undefined);
  t.equal(notice.update(level({}))?.text, 'Decoding has caught up.');
});

import t from 'tap';
import { FULL_SERVICE_LEVEL, type ServiceLevel } from '../../../../server/core/schedule/load-shedder.ts';
import { LagNotice } from '../../../../server/core/session/lag-notice.ts';

const level = (change: Partial<ServiceLevel>): ServiceLevel => ({ ...FULL_SERVICE_LEVEL, lagMs: 0, ...change });

t.test('each change of service is reported once', async (t) => {
  const notice = new LagNotice(false);
  t.equal(notice.update(level({}))?.text, undefined);
  t.equal(notice.update(level({ step: 'slow' }))?.text, 'The server is busy: partials come less often.');
  t.equal(notice.update(level({ step: 'slow' }))?.text, undefined);
  t.match(notice.update(level({ step: 'off' }))?.text, /partials are off for now/);
  t.equal(notice.update(level({}))?.text, 'Decoding has caught up.');
});

t.test('late finals are reported with their delay, until it has halved', async (t) => {
  const notice = new LagNotice(false);
  t.equal(notice.update(level({ lagMs: 1_999 }))?.text, undefined);
  t.equal(notice.update(level({ lagMs: 2_460 }))?.text, 'Decoding is 2.5 s behind. Finals come late; none is dropped.');
  t.ok(notice.isLagging);
  t.equal(notice.update(level({ lagMs: 1_000 }))?.text, undefined, 'it still is');
  t.equal(notice.update(level({ lagMs: 999 }))?.text, 'Decoding has caught up.');
  t.notOk(notice.isLagging);
});

t.test('another model is reported elsewhere', async (t) => {
  t.equal(new LagNotice(false).update(level({ step: 'small' })), undefined);
});

t.test('what was reported before a restart is not reported again', async (t) => {
  const notice = new LagNotice(true);
  t.equal(notice.update(level({ lagMs: 3_000 }))?.text, undefined);
  t.equal(notice.update(level({}))?.text, 'Decoding has caught up.');
});

import t from 'tap';
import { OutputQueue } from '../../../../server/core/session/output-queue.ts';

t.test('outputs are taken once, in their order', async (t) => {
  const queue = new OutputQueue();
  queue.pushEvent({ type: 'notice', code: 'language', text: 'x' });
  const job = queue.requestDecode('partial');
  queue.cancelDecode(job);
  t.same(queue.drain(), [
    { kind: 'event', event: { type: 'notice', code: 'language', text: 'x' } },
    { kind: 'recognise', job, final: false },
    { kind: 'forget', job },
  ]);
  t.same(queue.drain(), []);
});

t.test('no two decodes share a number', async (t) => {
  const queue = new OutputQueue();
  const jobs = [queue.requestDecode('partial'), queue.requestDecode('final')];
  queue.drain();
  jobs.push(queue.requestDecode('final'));
  t.equal(new Set(jobs).size, 3);
  t.match(queue.drain(), [{ final: true }]);
});

// A server whose words come from a script, with stored transcripts in a file, that reports how late its event loop was.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openTranscripts } from '../../server/store/open-transcripts.ts';
import { memoryRecorder } from '../support/memory-recorder.ts';
import { openScriptedServer, script } from '../support/scripted-server.ts';
import type { StoreAnswer, StoreRequest } from './store-messages.ts';
import { meetingOf } from './stored-meeting.ts';

const [folder = ''] = process.argv.slice(2);
const fail = (error: unknown): never => {
  throw error;
};
const store = await openTranscripts({
  ...{ folder, sync: 'never', bounds: { bytesMax: 0, bytesPerOwnerMax: 0 } },
  ...{ onBrokenFile: fail, onError: fail },
});
const { recorder } = memoryRecorder({ store });
const server = await openScriptedServer(script('Now comes a word and then another one. '.repeat(60), 0.5), 64, {
  recorder,
});
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const sendAnswer = (answer: StoreAnswer): void => void process.send!(answer);

process.on('message', async (asked: StoreRequest) => {
  if (asked.kind === 'reset') {
    delay.reset();
    return sendAnswer({ kind: 'ready' });
  }
  if (asked.kind === 'report') {
    const [p99, max] = [delay.percentile(99) / 1e6, delay.max / 1e6];
    return sendAnswer({ kind: 'report', p99, max });
  }
  if (asked.kind === 'expire') {
    await store.expire(await store.listChangedOutside(Date.now() + 60_000, Date.now() + 120_000));
    return sendAnswer({ kind: 'ready' });
  }
  const ids: string[] = [];
  for (let i = 0; i < asked.meetings; i++) {
    const created = await store.create('', { title: `Meeting ${i}`, startedMs: i * 1_000 });
    if (typeof created === 'string') return fail(created);
    const place = await store.join('', created.id, `session ${i}`);
    if (typeof place === 'string') return fail(place);
    for (const additions of meetingOf(i, asked.sentences)) await store.add(place, additions);
    ids.push(created.id);
  }
  sendAnswer({ kind: 'kept', ids });
});
process.on('disconnect', () => process.exit(0));
sendAnswer({ kind: 'open', url: server.url });

import { join } from 'node:path';
import t from 'tap';
import { embeddedFolder } from '../../../models/locate.ts';
import { LlamaAssistant } from '../../../server/assistant/llama-assistant.ts';
import { silentLog } from '../../support/scripted-server.ts';

// No instruct model comes with the project; the small cleaner is one that runs, whatever it says.
const modelPath = join(embeddedFolder(), 'sotto-clean.gguf');
const SCHEMA = {
  type: 'object',
  properties: { numbers: { type: 'array', maxItems: 2, items: { type: 'integer' } } },
  required: ['numbers'],
  additionalProperties: false,
};
const never = new AbortController().signal;
const open = (options: object = {}): LlamaAssistant =>
  new LlamaAssistant({ modelPath, modelName: 'small', threads: 1, log: silentLog, ...options });

t.test('a model answers by its schema, in a process that goes when nobody asks', async (t) => {
  const assistant = open({ idleMs: 50 });
  t.equal(assistant.pid, undefined, 'nothing is loaded before the first question');
  const text = await assistant.ask({ system: 'Count.', user: 'One, two.', schema: SCHEMA, maxTokens: 80 }, never);
  t.match(JSON.parse(text), { numbers: Array });
  while (assistant.pid !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  t.type(await assistant.ask({ system: 'Count.', user: 'One.', maxTokens: 4 }, never), 'string', 'and comes again');
  await assistant.close();
});

t.test('every way to fail is a fault that says so', async (t) => {
  const assistant = open();
  const ask = (user: string, signal = never): Promise<string> =>
    assistant.ask({ system: 'S', user, maxTokens: 200 }, signal);
  const failing = (message: RegExp) => ({ code: 'assistant.failed', message });
  await t.rejects(ask('word '.repeat(900)), failing(/longer than it takes/));
  const given = new AbortController();
  const asked = ask('One.', given.signal);
  given.abort();
  await t.rejects(asked, failing(/given up/));
  await t.rejects(ask('One.', given.signal), failing(/given up/));
  const killed = ask('One.');
  process.kill(assistant.pid!, 'SIGKILL');
  await t.rejects(killed, failing(/process stopped/));
  t.type(
    await assistant.ask({ system: 'S', user: 'One.', maxTokens: 2 }, never),
    'string',
    'the next one is a new process',
  );
  const late = new LlamaAssistant({ modelPath, modelName: 'late', threads: 1, log: silentLog, timeoutMs: 1 });
  await t.rejects(late.ask({ system: 'S', user: 'One.', maxTokens: 200 }, never), failing(/in time/));
  const absent = open({ modelPath: '/nowhere/model.gguf' });
  await t.rejects(
    absent.ask({ system: 'S', user: 'One.', maxTokens: 2 }, never),
    failing(/: its model cannot be loaded\.$/),
  );
  await Promise.all([assistant.close(), late.close(), absent.close()]);
  await t.rejects(ask('One.'), failing(/closed/));
});

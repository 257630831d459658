import { join } from 'node:path';
import t from 'tap';
import { getEmbeddedFolder } from '../../../models/locate.ts';
import { LlamaAssistant } from '../../../server/assistant/llama-assistant.ts';
import { silentLog } from '../../support/scripted-server.ts';
import { until } from '../../support/until.ts';

// No instruct model comes with the project; the small cleaner is one that runs, whatever it says.
const modelPath = join(getEmbeddedFolder(), 'sotto-clean.gguf');
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
  const given = new AbortController();
  const asked = assistant.complete({ system: 'Count.', user: 'One.', maxTokens: 20 }, given.signal);
  given.abort();
  await t.rejects(asked, { code: 'assistant.failed', message: /given up/ });
  const text = await assistant.complete({ system: 'Count.', user: 'One, two.', schema: SCHEMA, maxTokens: 40 }, never);
  t.match(JSON.parse(text), { numbers: Array });
  await until(() => assistant.pid === undefined);
  await assistant.close();
  await t.rejects(assistant.complete({ system: 'S', user: 'One.', maxTokens: 2 }, never), { message: /closed/ });
});

t.test('a file that is no model is a fault that does not name it', async (t) => {
  const absent = open({ modelPath: '/nowhere/model.gguf' });
  const asked = absent.complete({ system: 'S', user: 'One.', maxTokens: 2 }, never);
  await t.rejects(asked, { code: 'assistant.failed', message: /: its model cannot be loaded\.$/ });
  await absent.close();
});

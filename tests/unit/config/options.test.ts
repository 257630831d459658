import t from 'tap';
import { toEnvironmentName } from '../../../server/config/load.ts';
import type { Option } from '../../../server/config/option.ts';
import { OPTIONS } from '../../../server/config/options.ts';

const entries = Object.entries(OPTIONS) as [string, Option][];

t.test('each default is a value that the option would accept', async (t) => {
  for (const [name, option] of entries) {
    const { type, default: value, min, max, choices } = option;
    if (type === 'integer' || type === 'number') {
      t.type(value, 'number', name);
      if (type === 'integer') t.ok(Number.isInteger(value), name);
      t.ok(min !== undefined && max !== undefined && min <= (value as number) && (value as number) <= max, name);
    } else if (type === 'boolean') t.type(value, 'boolean', name);
    else if (type === 'list') t.ok(Array.isArray(value), name);
    else t.ok(value === undefined || (typeof value === 'string' && value !== ''), name);
    if (choices !== undefined) t.ok(choices.includes(value as string), `${name} has its default among its choices`);
  }
});

t.test('only numbers have bounds, and only texts have choices, each once', async (t) => {
  for (const [name, { type, min, max, choices }] of entries) {
    const isNumber = type === 'integer' || type === 'number';
    t.equal(min !== undefined && max !== undefined, isNumber, name);
    if (choices === undefined) continue;
    t.equal(type, 'string', name);
    t.equal(new Set(choices).size, choices.length, name);
    t.ok(choices.length > 1, name);
  }
});

t.test('each option says what it does in a sentence that fits a table', async (t) => {
  for (const [name, { doc }] of entries) t.match(doc, /^[A-Z`][^|\n]{10,}\.$/, name);
});

t.test('names are words with hyphens, unlike in the environment, too, and never begin with "no-"', async (t) => {
  for (const [name] of entries) t.match(name, /^(?!no-)[a-z]+(-[a-z]+)*$/);
  const variables = entries.map(([name]) => toEnvironmentName(name));
  t.equal(new Set(variables).size, variables.length);
  t.equal(toEnvironmentName('log-level'), 'SOTTO_LOG_LEVEL');
  // `--config FILE` and SOTTO_CONFIG name the file of options.
  t.notOk('config' in OPTIONS);
});

t.test('what holds a key is marked as secret', async (t) => {
  const secrets = entries.filter(([, { secret }]) => secret).map(([name]) => name);
  t.same(secrets, ['cleanup-key', 'assistant-key']);
});

import t from 'tap';
import { findJsonReads, findKeyedAccess, productProgram, programOfText } from './support/source-rules.ts';

/** Look-ups under a key of any text that are safe as they stand, each with its reason. */
const KEYED_ACCESS: Readonly<Record<string, string>> = {
  'server/gateway/route-table.ts: params[part.slice(1)]': 'the name comes from our own table of routes',
  'protocol/own-entry.ts: table[key]': 'the helper itself, behind Object.hasOwn',
  'protocol/validate.ts: (inner as Record<PropertyKey, unknown>)[key]': 'behind Object.hasOwn',
  'server/config/load.ts: environment[toEnvironmentName(name)]': 'the names of our own options',
  'server/transport/uws.ts: headers[name]': 'an object without a prototype',
  'server/transport/uws.ts: name in headers': 'an object without a prototype',
  'client/web/i18n/messages.ts: messages[key]': 'callers pass literals: the key is a type parameter',
  'client/web/ui/url-settings.ts: values[name]': 'the names of our own table of settings',
  'client/web/ui/url-settings.ts: table[name]': 'the names of our own table of settings',
  'client/web/captions/captions-settings.ts: known[name]': 'behind hasOwnKey',
  'client/web/meeting/meeting-store.ts: head[key as never]': 'the keys of the object itself',
  'client/web/meeting/meeting-store.ts: headBefore[key as never]': 'the keys of an object of the same type',
  'client/cli/captions/secrets.ts: process.env[variable]': 'the names of our own variables',
};

/** Files that read JSON without a limit of depth, each with its reason. */
const JSON_READS: Readonly<Record<string, string>> = {
  'protocol/parse-json.ts': 'the helper itself, behind its limit of depth',
  'models/fetched.ts': 'a note that this program has written beside a model',
  'models/locate.ts': 'our own package.json',
  'server/access/private-file.ts': 'a file of this server, read by a schema',
  'server/access/usage.ts': 'a file of this server, read by a schema',
  'server/config/load.ts': "the operator's own configuration, every value checked by its option",
  'server/engine/native/locate.ts': 'our own package.json',
  'server/store/entries.ts': 'a journal this server has written, behind its checksum',
  'server/store/transcript-rows.ts': 'columns this server has written',
  'server/transport/uws-library.ts': 'the package.json of an installed package',
  'client/cli/dictate/core/dictionary.ts': "the user's own dictionary; says where it is no JSON",
  'client/cli/dictate/core/history.ts': 'a file this program has written',
  'client/cli/dictate/inserters/wayland.ts': "the compositor's tree of windows, which may be deep; never written again",
  'client/cli/doctor/doctor.ts': 'our own package.json',
  'client/cli/main.ts': 'our own package.json',
};

const program = productProgram();

t.test('JSON that came from elsewhere is read with a limit of depth', async (t) => {
  const found = findJsonReads(program);
  t.same(
    found.filter((where) => JSON_READS[where.split(':')[0]!] === undefined),
    [],
    'use parseJson of protocol/parse-json.ts',
  );
  const unused = Object.keys(JSON_READS).filter((path) => !found.some((where) => where.startsWith(`${path}:`)));
  t.same(unused, [], 'the list of exceptions holds nothing that is gone');
});

t.test('the rule finds every way to read JSON', async (t) => {
  const text =
    'JSON.parse(""); const { parse } = JSON; ["x"].map(JSON.parse); async (r: Response) => r.json(); JSON.stringify(1);';
  t.same(
    findJsonReads(programOfText(text)).map((where) => where.replace('sample.ts: ', '')),
    ['JSON.parse', '{ parse } = JSON', 'JSON.parse', 'r.json'],
  );
});

t.test('no table is indexed with any text', async (t) => {
  const found = findKeyedAccess(program);
  t.same(
    found.filter(({ where }) => KEYED_ACCESS[where] === undefined).map(({ where, line }) => `${where} (line ${line})`),
    [],
    'use getOwnEntry or hasOwnKey of protocol/own-entry.ts, or a Map',
  );
  const unused = Object.keys(KEYED_ACCESS).filter((where) => !found.some((each) => each.where === where));
  t.same(unused, [], 'the list of exceptions holds nothing that is gone');
});

t.test('the rule finds look-ups of any text and no others', async (t) => {
  const found = findKeyedAccess(
    programOfText(`
      declare const text: string, maybe: string | undefined, foreign: any, code: 'a' | 'b', index: number;
      declare const table: Readonly<Record<string, number>>, closed: { a: number; b: number };
      declare const list: readonly number[], bytes: Uint8Array, map: ReadonlyMap<string, number>;
      table[text]; table[maybe!]; table["x" + text]; table[foreign]; closed[text as 'a']; text in closed;
      function of<T extends Record<string, number>>(any: T, key: string) { return any[key]; }
      table['a']; closed[code]; list[index]; bytes[index]; map.get(text); 'a' in closed; text[index];
    `),
  ).map(({ where }) => where.replace('sample.ts: ', ''));
  t.same(found, [
    'table[text]',
    'table[maybe!]',
    'table["x" + text]',
    'table[foreign]',
    "closed[text as 'a']",
    'text in closed',
    'any[key]',
  ]);
});

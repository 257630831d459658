import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { buildSchemaDocuments } from '../protocol/documents.ts';
import { ClientMessage, FAULTS, LIMITS, NOTICES, ServerEvent } from '../protocol/index.ts';
import { buildOptionTable } from '../server/config/show.ts';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const specification = read('protocol/README.md');

t.test('the specification names every fault with its close, HTTP status and retry, and no other', async (t) => {
  const rows = Object.entries(FAULTS).map(
    ([code, row]) => `| \`${code}\` | ${row.close} | ${row.http} | ${row.retry} |`,
  );
  for (const row of rows) t.ok(specification.includes(row), row);
  const documented = [...specification.matchAll(/^\| `([a-z]+\.[a-z-]+)` \| \d/gm)].map((match) => match[1]);
  t.same(documented, Object.keys(FAULTS));
});

t.test('the specification names every message, event, notice and limit', async (t) => {
  for (const { shape } of ClientMessage.options)
    t.ok(specification.includes(`### \`${shape.type.value}\``), shape.type.value);
  for (const { shape } of ServerEvent.options)
    t.ok(specification.includes(`| \`${shape.type.value}\` |`), shape.type.value);
  for (const notice of NOTICES) t.ok(specification.includes(`\`${notice}\``), notice);
  for (const limit of Object.keys(LIMITS)) t.ok(specification.includes(`| \`${limit}\` |`), limit);
});

t.test('the table of options is the one the server reads', async (t) => {
  t.ok(
    read('server/README.md').includes(buildOptionTable()),
    'run the server with --help and bring server/README.md up to date',
  );
});

t.test('the generated schemas are current', async (t) => {
  for (const [name, text] of Object.entries(buildSchemaDocuments()))
    t.equal(read(`protocol/schemas/${name}`), text, name);
});

t.test('no page names a file that is not there', async (t) => {
  for (const page of [
    'README.md',
    'ARCHITECTURE.md',
    'SECURITY.md',
    'models/README.md',
    'server/README.md',
    'server/libav/README.md',
    'server/dialect/README.md',
    'server/dialect/docs/asr-webservice.md',
    'server/dialect/docs/assemblyai.md',
    'server/dialect/docs/deepgram.md',
    'server/dialect/docs/elevenlabs.md',
    'server/dialect/docs/flux.md',
    'server/dialect/docs/openai.md',
    'server/dialect/docs/openai-realtime.md',
    'server/dialect/docs/soniox.md',
    'server/dialect/docs/vosk.md',
    'server/dialect/docs/whisper-cpp.md',
    'server/dialect/docs/whisper-live.md',
    'server/dialect/docs/whisper-live-kit.md',
    'server/dialect/docs/wyoming.md',
    'tests/clients/README.md',
    'client/README.md',
    'client/python/README.md',
    'client/docs/dictate.md',
    'protocol/README.md',
    'tests/bench/README.md',
  ]) {
    const folder = new URL(page, root);
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1]!);
    for (const link of links) t.doesNotThrow(() => readFileSync(new URL(link, folder)), `${page} -> ${link}`);
  }
});

t.test('no file carries a path of the machine it was written on', async (t) => {
  const cwd = fileURLToPath(root);
  const files = execFileSync('git', ['ls-files'], { cwd, encoding: 'utf8' })
    .split('\n')
    .filter((file) => /\.(ts|mjs|md|json|cpp|h|html|css)$/.test(file));
  const own = cwd.replace(/\/$/, '');
  t.same(
    files.filter((file) => read(file).includes(`${own}/`)),
    [],
  );
});

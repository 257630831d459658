import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { drawModules, moduleOf, putPicture, readSources, readStyleSheets } from './support/module-graph.ts';
import { COMPOSITION, isComposition, MODULE_NAMES, MODULES, PURE } from './support/modules.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const LINES_MAX = 400;
const WORLD =
  /\b(process|console|setTimeout|setInterval|performance|Date|fetch|Buffer)\b\s*[.(]|Math\.random|'node:|\basync\b|\bPromise\b/;
const VAGUE = /(^|\/)(utils?|helpers?|common|misc|shared|types|manager|base|impl|data|info)\.ts$/;

/** `a/{b,c}` in a cell of the table stands for `a/b` and `a/c`. */
const namesIn = (cell: string): string[] =>
  [...cell.matchAll(/`([^`{]*)(?:\{([^}]*)\})?`/g)].flatMap(([, start, ends = '']) =>
    ends.split(',').map((end) => `${start}${end}`),
  );

/** The table leaves out where a module lies when it is clear. */
const fullName = (name: string): string =>
  [name, `server/${name}`, `client/${name}`].find((each) => each in MODULES) ?? name;

const sources = readSources(ROOT, Object.keys(MODULES));

t.test('every import points down', async (t) => {
  const wrong = [...sources, ...readStyleSheets(ROOT, Object.keys(MODULES))]
    .filter(({ path }) => !isComposition(path))
    .flatMap((source) => source.imports.map((to) => ({ source, to, module: moduleOf(to, Object.keys(MODULES)) })))
    .filter(({ source, module }) => module !== source.module && !MODULES[source.module]?.includes(module))
    .map(({ source, to }) => `${source.path} -> ${to}`);
  t.same(wrong, []);
});

t.test('every file lives in a module', async (t) => {
  const homeless = sources.filter(({ path, module }) => module === '' && !isComposition(path)).map(({ path }) => path);
  t.same(homeless, []);
});

t.test('ARCHITECTURE.md says the same of each module', async (t) => {
  const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const table = /^\| module \|.*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(text)![1]!;
  const rows = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const modules = rows.flatMap(([, names = '', , imports = '']) => namesIn(names).map((name) => ({ name, imports })));
  for (const { name, imports } of modules) {
    if (COMPOSITION.includes(name) || imports === 'see the test') continue;
    const may = imports === '–' ? [] : imports.split(', ').map(fullName);
    t.same(may.sort(), [...(MODULES[name] ?? ['no such module'])].sort(), name);
  }
  const left = [...Object.keys(MODULES), ...COMPOSITION].filter(
    (module) => !modules.some(({ name }) => name === module),
  );
  t.same(left, [], 'and leaves none out');
});

t.test('ARCHITECTURE.md shows the modules as they are', async (t) => {
  const page = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const picture = drawModules(readSources(ROOT, MODULE_NAMES), MODULE_NAMES);
  t.equal(putPicture(page, picture), page, 'npm run graph -- --write puts the current picture there');
});

t.test('there is no import cycle, types included', async (t) => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail, path].join(' -> '));
    if (done.has(path) || trail.includes(path)) return;
    for (const next of byPath.get(path)?.imports ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
  t.same(cycles, []);
});

t.test('pure modules touch no clock, no disk and no network', async (t) => {
  const wrong = sources.filter(({ module, text }) => PURE.includes(module) && WORLD.test(text)).map(({ path }) => path);
  t.same(wrong, []);
});

t.test('ports hold types only', async (t) => {
  const values = sources.filter(
    ({ module, text }) => module === 'server/ports' && /^export (const|function|class|let)/m.test(text),
  );
  t.same(
    values.map(({ path }) => path),
    [],
  );
});

t.test(`no file is longer than ${LINES_MAX} lines`, async (t) => {
  const long = sources.filter(({ path }) => readFileSync(join(ROOT, path), 'utf8').split('\n').length > LINES_MAX);
  t.same(
    long.map(({ path }) => path),
    [],
  );
});

t.test('only the configuration reads the environment', async (t) => {
  const allowed = [
    'server/compose/start-server.ts',
    'server/compose/serve-command.ts',
    'server/admin/keys.ts',
    'server/admin/viewers.ts',
    'server/admin/measurements.ts',
    'server/process/environment.ts',
    'models/locate.ts',
    'models/cli.ts',
    'client/cli/doctor/doctor.ts',
    'client/cli/programs/program-environment.ts',
    'client/cli/dictate/environment.ts',
    'client/cli/captions/secrets.ts',
  ];
  const readers = sources.filter(
    ({ path, text }) => /process\.env/.test(text) && !path.startsWith('server/config/') && !allowed.includes(path),
  );
  t.same(
    readers.map(({ path }) => path),
    [],
  );
});

t.test('only the module for child processes starts processes of the server', async (t) => {
  // Looks once, before anything else runs, whether the addon that was built fits this machine.
  const allowed = ['server/engine/native/locate.ts'];
  const starters = sources.filter(
    ({ path, text }) => /child_process'/.test(text) && /^server\/(?!process\/)/.test(path) && !allowed.includes(path),
  );
  t.same(
    starters.map(({ path }) => path),
    [],
  );
});

t.test('no file has a name that says nothing', async (t) => {
  t.same(
    sources.filter(({ path }) => VAGUE.test(path)).map(({ path }) => path),
    [],
  );
});

t.test('only the terminal modules write to a terminal, where every text is made printable', async (t) => {
  // The log writes JSON, and with a terminal pino-pretty's lines, of fields that are printable.
  const allowed = [
    'client/cli/output/terminal.ts',
    'models/terminal.ts',
    'models/progress.ts',
    'server/observe/log.ts',
  ];
  const writers = sources.filter(
    ({ path, module, text }) =>
      /process\s*\.\s*std(out|err)|\bconsole\s*[.[]|\bfd:\s*[12]\b|writeSync\(\s*[12]\b|\/dev\/(tty|std)/.test(text) &&
      !module.startsWith('client/web/') &&
      !allowed.includes(path),
  );
  t.same(
    writers.map(({ path }) => path),
    [],
  );
});

t.test('a page sets its title and the names of files through printable text', async (t) => {
  const titles = sources
    .filter(({ module }) => module.startsWith('client/web/'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/document\.title\s*=([^;]*);/g)]
        .filter(([, value]) => /\$\{(?!toPrintable\()[^}]*(title|name|label|room)/i.test(value!))
        .map(() => path),
    );
  t.same(titles, []);
  const names = sources.filter(
    ({ path, text }) =>
      /content-disposition['"]?\s*[,:]/.test(text) &&
      !/\bbuildFileName\(/.test(text) &&
      // The store names what it exports by `buildFileName`, too; the contract of transcripts holds it to that. The name of
      // audio is two numbers.
      ![
        'server/gateway/cross-origin.ts',
        'server/gateway/transcript-routes.ts',
        'server/gateway/transcript-audio.ts',
      ].includes(path),
  );
  t.same(
    names.map(({ path }) => path),
    [],
  );
});

t.test('only the decoding process reads what a container holds', async (t) => {
  // A file of empty boxes or tags would hold up everybody while it is parsed.
  const marks = /'(ftyp|moov|mdat|trak|stsz|fLaC|OggS|OpusHead|ID3|#!AMR)'/;
  const isServing = (path: string): boolean => path.startsWith('server/') && !path.startsWith('server/libav/');
  const readers = sources.filter(({ path, text }) => isServing(path) && marks.test(text));
  t.same(
    readers.map(({ path }) => path),
    // One compares the first eight bytes of a stream and reads no further, the other only writes.
    ['server/dialect/whisper-live-kit.ts', 'server/store/ogg-opus.ts'],
  );
  const decoding = sources.filter(({ path, text }) => isServing(path) && /from '[^']*\/libav\/[^']+'/.test(text));
  t.same([...new Set(decoding.map(({ module }) => module))], ['server/decoder/child']);
});

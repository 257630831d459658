import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** module -> the modules it may import. Read top to bottom: nothing points up. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  transcript: ['protocol'],
  models: ['protocol'],
  'server/core': ['protocol', 'transcript'],
  'server/ports': ['protocol', 'transcript', 'server/core'],
  'server/flow': ['protocol', 'server/core', 'server/ports'],
  'server/transport': ['protocol', 'server/core', 'server/ports', 'server/files'],
  'server/dialect': ['protocol', 'transcript', 'server/core', 'server/ports'],
  'server/decoder': ['protocol', 'server/core', 'server/ports', 'server/process'],
  // The decoding process; started by path.
  'server/decoder/child': ['server/ports', 'server/decoder'],
  // Language models, for whoever asks one: a server's or a GGUF file's.
  'server/llm': ['protocol', 'server/ports', 'server/process'],
  // The process of a GGUF model; started by path.
  'server/llm/child': ['server/llm'],
  // Keeps child processes running.
  'server/process': ['protocol', 'server/ports'],
  'server/vad': ['protocol', 'server/core', 'server/ports'],
  'server/engine': ['protocol', 'server/core', 'server/ports', 'server/process', 'server/engine/native'],
  'server/engine/child': ['server/core', 'server/engine', 'server/engine/native'],
  'server/engine/native': [],
  'server/access': ['protocol', 'server/core', 'server/ports', 'server/files'],
  'server/store': ['protocol', 'transcript', 'server/core', 'server/ports', 'server/process', 'server/files'],
  // The thread that works on the file of transcripts; started by path.
  'server/store/thread': ['server/ports', 'server/store'],
  // Puts files and their names on the disk.
  'server/files': [],
  'server/cleaner': ['protocol', 'server/core', 'server/ports', 'server/process', 'server/llm'],
  'server/assistant': ['protocol', 'server/core', 'server/ports', 'server/process', 'server/llm'],
  'server/observe': ['protocol', 'server/core', 'server/ports'],
  // The option table takes its defaults from the core's own numbers.
  'server/config': ['protocol', 'server/core'],
  'server/gateway': ['protocol', 'transcript', 'server/core', 'server/ports', 'server/flow'],
  'client/sdk': ['protocol', 'transcript'],
  'client/web': ['protocol', 'transcript', 'client/sdk'],
  'client/cli': ['protocol', 'transcript', 'client/sdk', 'client/cli/dictate/core', 'client/cli/captions/core'],
  // What dictation decides: what was said -> what is done in the field.
  'client/cli/dictate/core': ['protocol', 'transcript'],
  // How captions are cut and paced for other programs.
  'client/cli/captions/core': ['protocol', 'transcript'],
};
/** Puts the parts together, so it may see all of them. */
const COMPOSITION = ['server/main.ts', 'server/compose', 'server/admin'];
const isComposition = (path: string): boolean =>
  COMPOSITION.some((each) => path === each || path.startsWith(`${each}/`));
const PURE = ['protocol', 'transcript', 'server/core', 'client/cli/dictate/core', 'client/cli/captions/core'];
const LINES_MAX = 400;
const WORLD =
  /\b(process|console|setTimeout|setInterval|performance|Date|fetch|Buffer)\b\s*[.(]|Math\.random|'node:|\basync\b|\bPromise\b/;
const VAGUE = /(^|\/)(utils?|helpers?|common|misc|shared|types|manager|base|impl|data|info)\.ts$/;

interface Source {
  readonly path: string;
  readonly module: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function moduleOf(path: string): string {
  const modules = Object.keys(MODULES).filter((module) => path.startsWith(`${module}/`));
  return modules.sort((a, b) => b.length - a.length)[0] ?? '';
}

/** `a/{b,c}` in a cell of the table stands for `a/b` and `a/c`. */
const namesIn = (cell: string): string[] =>
  [...cell.matchAll(/`([^`{]*)(?:\{([^}]*)\})?`/g)].flatMap(([, start, ends = '']) =>
    ends.split(',').map((end) => `${start}${end}`),
  );

/** The table leaves out where a module lies when it is clear. */
const fullName = (name: string): string =>
  [name, `server/${name}`, `client/${name}`].find((each) => each in MODULES) ?? name;

const sources: readonly Source[] = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .map((path) => path.split(sep).join('/'))
  .filter((path) => /^(protocol|transcript|server|client|models)\/.*\.ts$/.test(path) && !path.includes('node_modules'))
  .map((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
      normalize(join(dirname(path), match[1]!)),
    );
    return { path, module: moduleOf(path), text, imports };
  });

t.test('every import points down', async (t) => {
  const wrong = sources
    .filter(({ path }) => !isComposition(path))
    .flatMap((source) => source.imports.map((to) => ({ source, to, module: moduleOf(to) })))
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
  const told = rows.flatMap(([, names = '', , imports = '']) => namesIn(names).map((name) => ({ name, imports })));
  for (const { name, imports } of told) {
    if (COMPOSITION.includes(name) || imports === 'see the test') continue;
    const may = imports === '–' ? [] : imports.split(', ').map(fullName);
    t.same(may.sort(), [...(MODULES[name] ?? ['no such module'])].sort(), name);
  }
  const left = [...Object.keys(MODULES), ...COMPOSITION].filter((module) => !told.some(({ name }) => name === module));
  t.same(left, [], 'and leaves none out');
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
    'server/main.ts',
    'server/admin/keys.ts',
    'server/admin/viewers.ts',
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
      module !== 'client/web' &&
      !allowed.includes(path),
  );
  t.same(
    writers.map(({ path }) => path),
    [],
  );
});

t.test('a page sets its title and the names of files through printable text', async (t) => {
  const titles = sources
    .filter(({ module }) => module === 'client/web')
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
      // The store names what it exports by `buildFileName`, too; the contract of transcripts holds it to that.
      !['server/gateway/cross-origin.ts', 'server/gateway/transcript-routes.ts'].includes(path),
  );
  t.same(
    names.map(({ path }) => path),
    [],
  );
});

t.test('only the decoding process reads what a container holds', async (t) => {
  // A file of empty boxes or tags would hold up everybody while it is parsed.
  const marks = /'(ftyp|moov|mdat|trak|stsz|fLaC|OggS|OpusHead|ID3|#!AMR)'/;
  const readers = sources.filter(({ path, text }) => path.startsWith('server/') && marks.test(text));
  t.ok(readers.length > 0);
  t.same(
    readers.filter(({ module }) => module !== 'server/decoder/child').map(({ path }) => path),
    [],
  );
  const libraries = sources.filter(({ text }) => /(from|import\()\s*'(audio-decode|@audio\/[^']+)'/.test(text));
  t.same(
    libraries.filter(({ path, module }) => path.startsWith('server/') && module !== 'server/decoder/child'),
    [],
  );
});

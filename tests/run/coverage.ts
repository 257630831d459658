import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** What is measured. The pages are not: they run in Chromium, from bundles of their own. */
const MEASURED = ['protocol', 'transcript', 'models', 'server', 'client/sdk', 'client/cli'];
/** Files with the smallest share of their lines run that are named. */
const LEAST_COVERED = 15;

/** Parts of a file that ran, and all of them. */
interface Count {
  readonly covered: number;
  readonly total: number;
}

export interface FileCoverage {
  readonly lines: Count;
  readonly branches: Count;
}

interface Dump {
  readonly result: readonly { readonly url: string }[];
}

/** Collects what V8 says each process of a run has executed. */
export class Coverage {
  /** Where the sources were compiled to. */
  readonly #compiled: string;
  readonly #folder: string;
  #files = 0;

  constructor(compiled: string) {
    this.#compiled = compiled;
    this.#folder = join(compiled, 'coverage');
  }

  /** A folder for the processes of one test file: the value of its `NODE_V8_COVERAGE`. */
  nextFolder(): string {
    return join(this.#folder, `file-${this.#files++}`);
  }

  /**
   * Takes what the processes of one test file have left in their folder, and drops all of it that is not ours: libraries are
   * most of it, and a whole run would fill gigabytes.
   */
  async take(folder: string): Promise<void> {
    const dumps = await readdir(folder).catch(() => []);
    await mkdir(this.#target, { recursive: true });
    const prefix = `${pathToFileURL(this.#compiled).href}/`;
    for (const name of dumps) {
      const dump = await readFile(join(folder, name), 'utf8').then(parseDump);
      const result = dump.result.filter(({ url }) => url.startsWith(prefix));
      if (result.length > 0) await writeFile(join(this.#target, name), JSON.stringify({ result }));
    }
    await rm(folder, { recursive: true, force: true });
  }

  /** The coverage of each source, by its path relative to `root`. Runs c8, which maps compiled code to its source. */
  async read(root: string): Promise<Map<string, FileCoverage>> {
    const report = join(this.#folder, 'report');
    const compiled = relative(root, this.#compiled);
    const c8 = join(root, 'node_modules', 'c8', 'bin', 'c8.js');
    await promisify(execFile)(
      process.execPath,
      [
        ...[c8, 'report', '--temp-directory', this.#target, '--reports-dir', report, '--reporter', 'json-summary'],
        ...['--merge-async', '--all', '--src', this.#compiled, '--exclude', `${compiled}/tests/**`],
        ...MEASURED.flatMap((folder) => ['--include', `${compiled}/${folder}/**/*.js`]),
      ],
      { cwd: root, maxBuffer: 2 ** 26 },
    );
    const summary = JSON.parse(readFileSync(join(report, 'coverage-summary.json'), 'utf8')) as Record<
      string,
      FileCoverage
    >;
    const files = Object.entries(summary).map(
      ([path, file]) => [relative(root, path).replaceAll('\\', '/'), file] as const,
    );
    // A file of types alone compiles to nothing that has a source; "total" is c8's sum.
    return new Map(files.filter(([path]) => path.endsWith('.ts')));
  }

  get #target(): string {
    return join(this.#folder, 'taken');
  }
}

/** A process that was killed while it wrote leaves half a file, which counts for nothing. */
function parseDump(text: string): Dump {
  try {
    return JSON.parse(text) as Dump;
  } catch {
    return { result: [] };
  }
}

/** A table of folders, and the files that the tests reach least. */
export function describeCoverage(files: ReadonlyMap<string, FileCoverage>): string {
  const folders = new Map<string, FileCoverage[]>();
  for (const [path, file] of files) {
    const folder = path.split('/').slice(0, -1).slice(0, 3).join('/');
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  const row = (name: string, all: readonly FileCoverage[]): string =>
    `${name.padEnd(34)}${share(all.map(({ lines }) => lines))} ${share(all.map(({ branches }) => branches))}`;
  const least = [...files]
    .filter(([, { lines }]) => lines.covered < lines.total)
    .sort(([, a], [, b]) => ratio([a.lines]) - ratio([b.lines]))
    .slice(0, LEAST_COVERED);
  return [
    `${'coverage'.padEnd(34)}   lines  branches   (the pages run in Chromium and are not measured)`,
    ...[...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, all]) => row(name, all)),
    row('all', [...files.values()]),
    '',
    'least covered:',
    ...least.map(([path, file]) => `  ${row(path, [file]).replace(/ {2,}/, '  ')}`),
  ].join('\n');
}

function ratio(counts: readonly Count[]): number {
  const total = counts.reduce((sum, each) => sum + each.total, 0);
  return total === 0 ? 1 : counts.reduce((sum, { covered }) => sum + covered, 0) / total;
}

const share = (counts: readonly Count[]): string => `${(100 * ratio(counts)).toFixed(1)} %`.padStart(8);

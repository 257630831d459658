import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { PRODUCT, sourcesBelow } from '../run/compile.ts';

/** A source file of the product, without its comments. */
export interface Source {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly module: string;
  readonly text: string;
  readonly lines: number;
  /** Paths of the files it imports, types included. */
  readonly imports: readonly string[];
}

/** The innermost of `modules` that holds a path; empty when none does. */
export function moduleOf(path: string, modules: readonly string[]): string {
  const holders = modules.filter((module) => path === module || path.startsWith(`${module}/`));
  return holders.sort((a, b) => b.length - a.length)[0] ?? '';
}

/** Every source file of the product below `root`. */
export function readSources(root: string, modules: readonly string[]): Source[] {
  return PRODUCT.flatMap((folder) => sourcesBelow(root, folder))
    .sort()
    .map((path) => {
      const whole = readFileSync(join(root, path), 'utf8');
      const text = whole.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
        normalize(join(dirname(path), match[1]!)),
      );
      return { path, module: moduleOf(path, modules), text, lines: whole.split('\n').length, imports };
    });
}

/** Every style sheet of the pages below `root`, with the style sheets it imports. */
export function readStyleSheets(root: string, modules: readonly string[]): Omit<Source, 'lines'>[] {
  const paths = readdirSync(join(root, 'client/web'), { recursive: true, encoding: 'utf8' });
  return paths
    .map((path) => `client/web/${path.split(sep).join('/')}`)
    .filter((path) => path.endsWith('.css'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      const imports = [...text.matchAll(/@import "(\.[^"]+)"/g)].map((match) =>
        normalize(join(dirname(path), match[1]!)),
      );
      return { path, module: moduleOf(path, modules), text, imports };
    });
}

/** Module -> the modules it imports, itself left out. */
export function readEdges(sources: readonly Source[], modules: readonly string[]): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const { module, imports } of sources) {
    const targets = edges.get(module) ?? new Set<string>();
    for (const path of imports) targets.add(moduleOf(path, modules));
    targets.delete(module);
    edges.set(module, targets);
  }
  return edges;
}

/** Whether `to` can be reached from `from` without the edge between the two. */
function isImplied(edges: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const waiting = [...(edges.get(from) ?? [])].filter((module) => module !== to);
  const seen = new Set(waiting);
  for (let module = waiting.pop(); module !== undefined; module = waiting.pop()) {
    for (const next of edges.get(module) ?? []) {
      if (next === to) return true;
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
  return false;
}

/**
 * The modules as a Mermaid flow chart: an arrow points from a module to one it imports. An import that other arrows imply
 * is left out, so that the picture can be read.
 */
export function drawModules(sources: readonly Source[], modules: readonly string[]): string {
  const edges = readEdges(sources, modules);
  const name = (module: string): string => module.replace(/\W/g, '_');
  const used = modules.filter((module) => edges.has(module));
  const nodes = used.map((module) => `  ${name(module)}["${module}"]`);
  const arrows = used.flatMap((from) =>
    [...edges.get(from)!]
      .sort()
      .filter((to) => !isImplied(edges, from, to))
      .map((to) => `  ${name(from)} --> ${name(to)}`),
  );
  return ['flowchart TD', ...nodes, ...arrows].join('\n');
}

/** The page with the picture between its two marks. Throws an Error when the page has no marks. */
export function putPicture(page: string, picture: string): string {
  const marks = /<!-- modules -->[\s\S]*?<!-- \/modules -->/;
  if (!marks.test(page)) throw new Error('The page has no line <!-- modules --> with <!-- /modules --> behind it.');
  return page.replace(marks, () => `<!-- modules -->\n\`\`\`mermaid\n${picture}\n\`\`\`\n<!-- /modules -->`);
}

/** Files and lines of each module, as a Markdown table. */
export function tableOfSizes(sources: readonly Source[], modules: readonly string[]): string {
  const rows = modules.map((module) => {
    const own = sources.filter((source) => source.module === module);
    const lines = own.map((source) => source.lines).sort((a, b) => a - b);
    const total = lines.reduce((sum, count) => sum + count, 0);
    return `| \`${module}\` | ${own.length} | ${total} | ${lines[lines.length >> 1] ?? 0} | ${lines.at(-1) ?? 0} |`;
  });
  return ['| module | files | lines | median file | longest |', '|---|---|---|---|---|', ...rows].join('\n');
}

import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROJECTS = [
  'protocol',
  'transcript',
  'models',
  'server/core',
  'server',
  'client/sdk',
  'client/web',
  'client/cli',
];

/** A place where an object is asked for a property whose name is not known when the program is compiled. */
export interface KeyedAccess {
  /** Path of the file and the source text of the access, such as `server/a.ts: TABLE[name]`. */
  readonly where: string;
  readonly line: number;
}

/** One program over the sources of the product, with the compiler options of this repository. */
export function productProgram(): ts.Program {
  const files = new Set<string>();
  for (const project of PROJECTS) {
    const path = join(ROOT, project, 'tsconfig.json');
    const { config } = ts.readConfigFile(path, (name) => readFileSync(name, 'utf8'));
    for (const file of ts.parseJsonConfigFileContent(config, ts.sys, dirname(path)).fileNames) files.add(file);
  }
  return programOf([...files], openHost());
}

/** Files that several programs hold, most of them of the language itself: each is parsed once. */
const parsed = new Map<string, ts.SourceFile | undefined>();

function openHost(): ts.CompilerHost {
  const host = ts.createCompilerHost({}, true);
  const { getSourceFile } = host;
  host.getSourceFile = (file, version) => {
    if (!parsed.has(file)) parsed.set(file, getSourceFile.call(host, file, version));
    return parsed.get(file);
  };
  return host;
}

/** A program of one file that is only text, to try the rule on. */
export function programOfText(text: string): ts.Program {
  const name = join(ROOT, 'sample.ts');
  const host = openHost();
  const { getSourceFile } = host;
  host.getSourceFile = (file, version) =>
    file === name ? ts.createSourceFile(file, text, version, true) : getSourceFile.call(host, file, version);
  return programOf([name], host);
}

function programOf(files: readonly string[], host: ts.CompilerHost): ts.Program {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
  };
  return ts.createProgram(files, options, host);
}

/** Finds every use of `JSON.parse`, and of `json()` of a response: path of the file, and the source text. */
export function findJsonReads(program: ts.Program): string[] {
  const found: string[] = [];
  visitSources(program, (node, path, source) => {
    const isParse = ts.isPropertyAccessExpression(node) && node.getText(source) === 'JSON.parse';
    const isTaken = ts.isVariableDeclaration(node) && node.initializer?.getText(source) === 'JSON';
    const isJson = ts.isPropertyAccessExpression(node) && node.name.text === 'json' && ts.isCallExpression(node.parent);
    if (isParse || isTaken || (isJson && isResponse(node.expression, program.getTypeChecker())))
      found.push(`${path}: ${node.getText(source).replace(/\s+/g, ' ')}`);
  });
  return found;
}

const isResponse = (expression: ts.Expression, checker: ts.TypeChecker): boolean =>
  checker.getTypeAtLocation(expression).getProperty('arrayBuffer') !== undefined;

/**
 * Finds `table[key]` and `key in table` where the table is a plain object and the key any string: such a look-up finds
 * `Object.prototype`, too, when the key is `constructor` or `__proto__`. Arrays, typed arrays and keys of a closed set of
 * literals are left out; a type assertion (`key as Code`) does not close a set.
 */
export function findKeyedAccess(program: ts.Program): KeyedAccess[] {
  const checker = program.getTypeChecker();
  const found: KeyedAccess[] = [];
  visitSources(program, (node, path, source) => {
    const access = accessOf(node);
    if (access === undefined || !isOpenKey(access.key, checker) || !isPlainObject(access.table, checker)) return;
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    found.push({ where: `${path}: ${node.getText(source).replace(/\s+/g, ' ')}`, line });
  });
  return found;
}

export function visitSources(
  program: ts.Program,
  visit: (node: ts.Node, path: string, source: ts.SourceFile) => void,
): void {
  for (const source of program.getSourceFiles()) {
    const path = relative(ROOT, source.fileName).split(sep).join('/');
    if (source.isDeclarationFile || /node_modules|^\.\./.test(path)) continue;
    const walk = (node: ts.Node): void => {
      visit(node, path, source);
      ts.forEachChild(node, walk);
    };
    walk(source);
  }
}

function accessOf(node: ts.Node): { readonly table: ts.Expression; readonly key: ts.Expression } | undefined {
  if (ts.isElementAccessExpression(node)) return { table: node.expression, key: node.argumentExpression };
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InKeyword)
    return { table: node.right, key: node.left };
  return undefined;
}

/** Whether the key may be any text. An assertion is looked through, for it proves nothing. */
function isOpenKey(key: ts.Expression, checker: ts.TypeChecker): boolean {
  let bare = key;
  while (ts.isAsExpression(bare) || ts.isNonNullExpression(bare) || ts.isParenthesizedExpression(bare))
    bare = bare.expression;
  const type = checker.getTypeAtLocation(bare);
  const parts = (type.isUnion() ? type.types : [type]).flatMap((part) => constraintsOf(part, checker));
  const open = ts.TypeFlags.String | ts.TypeFlags.TemplateLiteral | ts.TypeFlags.Any | ts.TypeFlags.Unknown;
  return parts.some(({ flags }) => (flags & open) !== 0);
}

function constraintsOf(type: ts.Type, checker: ts.TypeChecker): readonly ts.Type[] {
  if ((type.flags & ts.TypeFlags.TypeParameter) === 0) return [type];
  const constraint = checker.getBaseConstraintOfType(type);
  if (constraint === undefined) return [type];
  return constraint.isUnion() ? constraint.types : [constraint];
}

const hasNumbersAlone = (type: ts.Type, checker: ts.TypeChecker): boolean =>
  checker.getIndexInfoOfType(type, ts.IndexKind.Number) !== undefined &&
  checker.getIndexInfoOfType(type, ts.IndexKind.String) === undefined;

/** Arrays and typed arrays have no text for a key; whatever else is not primitive is a plain object to a look-up. */
function isPlainObject(table: ts.Expression, checker: ts.TypeChecker): boolean {
  const given = checker.getTypeAtLocation(table);
  const type = checker.getNonNullableType(checker.getBaseConstraintOfType(given) ?? given);
  const parts = type.isUnion() ? type.types : [type];
  return parts.some(
    (part) =>
      (part.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection | ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !==
        0 &&
      !checker.isArrayLikeType(part) &&
      !hasNumbersAlone(part, checker),
  );
}

/** A name that a source file gives to something of its own. */
export interface DeclaredName {
  readonly name: string;
  /** Path of the file from the root of the repository. */
  readonly path: string;
  readonly line: number;
}

/**
 * Finds every name that TypeScript files declare: classes, functions, types, members, variables, parameters and imports
 * under another name. Works on the syntax alone, so it needs no program.
 */
export function findDeclaredNames(paths: Iterable<string>): DeclaredName[] {
  const host = openHost();
  return [...paths].flatMap((path) => {
    const source = host.getSourceFile(join(ROOT, path), ts.ScriptTarget.ES2022);
    return source === undefined ? [] : listDeclaredNames(source, path);
  });
}

/** The same for a text, to try the rule on. */
export function findDeclaredNamesInText(text: string): DeclaredName[] {
  return listDeclaredNames(ts.createSourceFile('sample.ts', text, ts.ScriptTarget.ES2022, true), 'sample.ts');
}

function listDeclaredNames(source: ts.SourceFile, path: string): DeclaredName[] {
  const found: DeclaredName[] = [];
  const visit = (node: ts.Node): void => {
    const name = getDeclaredName(node);
    if (name !== undefined) {
      const { line } = source.getLineAndCharacterOfPosition(name.getStart(source));
      found.push({ name: name.text, path, line: line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The identifier a node declares. Names in quotes and the keys of object literals belong to other formats. */
function getDeclaredName(node: ts.Node): ts.Identifier | ts.PrivateIdentifier | undefined {
  if (!DECLARATIONS.has(node.kind)) return undefined;
  const { name } = node as ts.NamedDeclaration;
  return name !== undefined && (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)) ? name : undefined;
}

const DECLARATIONS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.ClassExpression,
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.TypeParameter,
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.FunctionExpression,
  ts.SyntaxKind.MethodDeclaration,
  ts.SyntaxKind.MethodSignature,
  ts.SyntaxKind.GetAccessor,
  ts.SyntaxKind.SetAccessor,
  ts.SyntaxKind.PropertyDeclaration,
  ts.SyntaxKind.PropertySignature,
  ts.SyntaxKind.VariableDeclaration,
  ts.SyntaxKind.Parameter,
  ts.SyntaxKind.BindingElement,
  ts.SyntaxKind.ImportSpecifier,
]);

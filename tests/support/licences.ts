/** What a lock file says of one package. */
export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly deprecated?: string;
  readonly dev?: boolean;
  readonly peer?: boolean;
}

/** Licences that ask for their notice and nothing else. */
const FREE =
  /^(MIT|MIT-0|ISC|0BSD|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|BlueOak-1\.0\.0|Unlicense|CC0-1\.0|Python-2\.0)$/;

/** Deprecated packages that are installed with the server all the same, and why. */
export const DEPRECATION_EXCEPTIONS: ReadonlyMap<string, string> = new Map();

/** One line for each package that is installed with the server under a licence, or in a state, nobody has agreed to. */
export function licenceProblems(packages: Readonly<Record<string, LockedPackage>>): string[] {
  const problems: string[] = [];
  for (const [path, { dev, license = 'unknown', deprecated }] of Object.entries(packages)) {
    if (path === '' || dev === true) continue;
    const name = path.replace(/^.*node_modules\//, '');
    if (!isFree(license)) problems.push(`${name} has the licence ${license}`);
    if (deprecated !== undefined && !DEPRECATION_EXCEPTIONS.has(name))
      problems.push(`${name} is deprecated: ${deprecated}`);
  }
  return problems;
}

/** Of alternatives one is enough; of several that hold together each must be free. */
function isFree(license: string): boolean {
  const inner = license.replace(/^\((.*)\)$/, '$1');
  return inner.split(' OR ').some((choice) => choice.split(' AND ').every((each) => FREE.test(each)));
}

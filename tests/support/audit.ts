// Known weaknesses of what is shipped, by `npm audit`. Part of `npm run check`, where it only reports: a new advisory
// must not turn an old commit red. `--strict` (`npm run audit`) fails on high and critical ones.
// Licences and deprecated packages are read from the lock file, without the network, and do fail the check.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type LockedPackage, licenceProblems } from './licences.ts';

const TIMEOUT_MS = 10_000;
const args = ['audit', '--omit=dev', '--json', '--fetch-retries=0', '--fetch-timeout=5000', '--loglevel=silent'];

interface Answer {
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly via: readonly unknown[] }>>;
}

function read(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
}

const answer = await new Promise<Answer>((resolve) =>
  execFile('npm', args, { timeout: TIMEOUT_MS, maxBuffer: 1 << 26 }, (_, stdout) => resolve(read(stdout))),
);
const found = Object.entries(answer.vulnerabilities ?? {});
const grave = found.filter(([, { severity }]) => severity === 'high' || severity === 'critical');
if (answer.vulnerabilities === undefined) console.log('audit: not done, the registry does not answer');
else console.log(`audit: ${found.length} known weaknesses in what is shipped, ${grave.length} of them grave`);
for (const [name, { severity }] of grave) console.log(`  ${severity} ${name}`);
if (process.argv.includes('--strict') && (grave.length > 0 || answer.vulnerabilities === undefined))
  process.exitCode = 1;

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>;
};
const problems = licenceProblems(lock.packages);
console.log(`licences: ${problems.length} packages whose licence or state nobody has agreed to`);
for (const problem of problems) console.log(`  ${problem}; leave it out, or agree to it in tests/support/licences.ts`);
if (problems.length > 0) process.exitCode = 1;

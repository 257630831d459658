import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { readdress, sourcesBelow } from '../../run/compile.ts';
import { inOrder } from '../../run/order.ts';
import { program } from '../../support/program.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');

t.test('files import what is compiled beside them, and packages as ever', async (t) => {
  // Put together here, or they would be readdressed themselves.
  const [source, compiled] = ["a.ts'", "a.js'"];
  for (const start of ["import { a } from './", "import '../b/", "export * from './", "await import('./"])
    t.equal(readdress(start + source), start + compiled);
  for (const start of ["import a from '", "const name = './"]) t.equal(readdress(start + source), start + source);
});

t.test('a test knows where its source is, and a program runs from what it was compiled to', async (t) => {
  t.ok(import.meta.url.endsWith('/tests/unit/run/compile.test.ts'));
  const { path } = program('tests/run/main.ts');
  t.equal(path.endsWith('.js'), import.meta.filename.endsWith('.js'), path);
  t.ok(existsSync(path), path);
});

t.test('every test file runs once, and those that wait come first', async (t) => {
  const found = sourcesBelow(ROOT, 'tests').filter((path) => path.endsWith('.test.ts'));
  t.ok(found.includes('tests/unit/run/compile.test.ts'));
  t.ok(found.includes('tests/rooms.test.ts'));
  const ordered = inOrder(found);
  t.same([...ordered].sort(), [...found].sort());
  t.ok(ordered.indexOf('tests/contract/transport.ws.test.ts') < ordered.indexOf('tests/unit/run/compile.test.ts'));
});

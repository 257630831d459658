import { spawn } from 'node:child_process';
import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FAULTS_OF, PARTS, type ProcessPart } from '../support/process-parts.ts';
import { programArgs } from '../support/program.ts';
import { bundle } from '../support/scripted-process.ts';
import { until } from '../support/until.ts';

// The programs are plain JavaScript: no loader of the tests has to come up with them.
const execArgv = process.execArgv.splice(0);
t.teardown(() => void process.execArgv.push(...execArgv));

/** Opens a folder for one part, in which its children leave their process ids. */
async function openFolder(t: Pick<Test, 'teardown'>) {
  const { folder, remove } = await bundle('faulty-process');
  t.teardown(remove);
  const execPath = join(folder, 'node');
  const refuse = join(folder, 'refuse');
  const isThere = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const pids = (): number[] =>
    readdirSync(folder).flatMap((name) => (name.startsWith('pid-') ? [Number(name.slice(4))] : []));
  const install = (): void => symlinkSync(process.execPath, execPath);
  install();
  return {
    ...{ execPath, install, childPath: join(folder, 'faulty-process.mjs') },
    uninstall: () => rmSync(execPath),
    /** Processes that are running. */
    live: () => pids().filter(isThere),
    setRefuses: (refuses: boolean) => (refuses ? writeFileSync(refuse, '') : rmSync(refuse)),
  };
}

interface Outcome {
  readonly asked: string;
  readonly text?: string;
  readonly code?: string;
}

/** Sends a request and returns its outcome. */
const outcomeOf = async (part: ProcessPart, asked: string, signal?: AbortSignal): Promise<Outcome> =>
  part.ask(asked, signal).then(
    (text) => ({ asked, text }),
    (error: { code?: string }) => ({ asked, code: error.code ?? String(error) }),
  );

/** Sends requests until one succeeds, as the next speaker would. */
async function recovers(part: ProcessPart): Promise<void> {
  await until(async () => (await outcomeOf(part, 'afterwards')).text === 'afterwards', { everyMs: 10 });
}

/** Ways in which the child fails when a request names them. */
const FAILURES = [
  'abort',
  'exit',
  'throw',
  'close the pipe',
  'garbage message',
  'garbage bytes',
  'endless message',
  'grow',
] as const;

for (const [name, open] of Object.entries(PARTS)) {
  const check = (t: Test, outcomes: readonly Outcome[], what: string): void => {
    for (const { asked, text, code } of outcomes)
      t.ok(text === asked || FAULTS_OF[name]!.includes(code ?? ''), `${what}: ${asked} -> ${text ?? code}`);
  };

  t.test(`${name}: whatever its process does, each request is answered, and it works again`, async (t) => {
    const { live, install, uninstall, setRefuses, ...options } = await openFolder(t);
    const part = await open(options);
    await recovers(part);

    for (const failure of FAILURES) {
      const asked = ['before', failure, 'behind'].map((text) => outcomeOf(part, text));
      const outcomes = await Promise.all(asked);
      check(t, outcomes, failure);
      t.equal(outcomes[1]!.text, undefined, `${failure} is a fault`);
      await recovers(part);
    }

    const given = new AbortController();
    const silent = outcomeOf(part, 'silent', given.signal);
    given.abort();
    check(t, [await silent], 'silent');
    await recovers(part);

    t.match(await outcomeOf(part, 'twice'), { text: 'twice' }, 'an answer that comes twice is one');
    await recovers(part);

    for (const signal of ['SIGKILL', 'SIGSTOP', 'SIGTERM'] as const) {
      const waiting = ['one', 'two', 'three'].map((text) => outcomeOf(part, text));
      for (const pid of live()) process.kill(pid, signal);
      check(t, await Promise.all(waiting), signal);
      await recovers(part);
    }

    uninstall();
    for (const pid of live()) process.kill(pid, 'SIGKILL');
    // The recogniser keeps what is said until there is a worker; the others say at once that they have none.
    const unstarted = ['one', 'two', 'three'].map((text) => outcomeOf(part, text));
    if (name !== 'recogniser') check(t, await Promise.all(unstarted), 'no program');
    install();
    check(t, await Promise.all(unstarted), 'no program');
    await recovers(part);

    if (name === 'decoder') t.comment('a decoder loads nothing, so it has nothing to refuse');
    else {
      setRefuses(true);
      for (const pid of live()) process.kill(pid, 'SIGKILL');
      const refused = ['one', 'two'].map((text) => outcomeOf(part, text));
      if (name !== 'recogniser') check(t, await Promise.all(refused), 'refused');
      setRefuses(false);
      check(t, await Promise.all(refused), 'refused');
      await recovers(part);
    }

    const last = ['one', 'two'].map((text) => outcomeOf(part, text));
    await part.close();
    check(t, await Promise.all(last), 'closed');
    await until(() => live().length === 0);
    t.same(live(), [], 'no process is left');
  });
}

t.test('a recogniser whose program is not there at the start says so, and does not wait for ever', async (t) => {
  const { childPath } = await openFolder(t);
  await t.rejects(PARTS['recogniser']!({ childPath, execPath: '/no/such/node' }), {
    ...{ code: 'engine.crashed', message: /cannot be started: ENOENT/ },
  });
});

const needsLimit = process.platform === 'win32' ? 'Windows has no such limit' : false;

t.test(
  'without descriptors nothing ends, every request is answered, and all work again afterwards',
  { skip: needsLimit },
  async (t) => {
    const { childPath, live } = await openFolder(t);
    const args = [...programArgs('tests/support/parts-without-descriptors.ts'), childPath];
    const child = spawn('sh', ['-c', 'ulimit -n 256 && exec "$0" "$@"', process.execPath, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    let out = '';
    let problems = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (problems += chunk));
    t.equal(await new Promise((resolve) => child.once('close', resolve)), 0, problems);
    const { refusal, without, again } = JSON.parse(out) as Record<string, Record<string, string>>;
    t.same(refusal, { code: 'EMFILE' }, 'there really were none');
    for (const name of Object.keys(PARTS)) {
      t.equal(again![name], 'afterwards', name);
      if (name === 'recogniser') t.equal(without![name], 'kept', 'what is said is kept until there is a worker');
      else t.ok(FAULTS_OF[name]!.includes(without![name]!), `${name}: ${without![name]}`);
    }
    await until(() => live().length === 0);
  },
);

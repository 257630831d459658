import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { buildChildEnvironment } from '../../../server/process/environment.ts';
import { ForkedProcess, type Program } from '../../../server/process/forked-process.ts';
import { WatchedProcess } from '../../../server/process/watched-process.ts';
import { silentLog } from '../../support/scripted-server.ts';
import { until } from '../../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'sotto-process-'));
const execArgv = process.execArgv.splice(0);
t.teardown(() => {
  process.execArgv.push(...execArgv);
  rmSync(folder, { recursive: true, force: true });
});

let programs = 0;
function program(text: string, more: Partial<Program> = {}): Program {
  const path = join(folder, `program-${++programs}.mjs`);
  writeFileSync(path, text);
  return { path, ...more };
}

/** Starts a program; what it says, and how often and why it ended. */
function start(what: Program, log = silentLog) {
  const messages: unknown[] = [];
  const ends: string[] = [];
  let ended = (): void => {};
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const forked = new ForkedProcess(what, log, {
    onMessage: (value) => void messages.push(value),
    onEnded: (reason) => {
      ends.push(reason);
      ended();
    },
  });
  t.equal(ends.length, 0, 'never from within the constructor');
  return { forked, messages, ends, end };
}
/** Whatever else its parent hears of a process comes within these turns. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};
const IDLE = 'process.on("message", () => {}); process.on("disconnect", () => process.exit(0));';

t.test('a program that cannot be started has ended once, with a reason that names no file', async (t) => {
  const absent = start(program('', { execPath: join(folder, 'no-such-node') }));
  absent.forked.send({ any: 'thing' });
  absent.forked.kill();
  absent.forked.stop();
  absent.forked.setKeepsParentAlive(false);
  await absent.end;
  const wrong = start(program('', { execPath: 'nul\0byte' }));
  await wrong.end;
  const noFile = start({ path: join(folder, 'nothing.mjs') });
  await noFile.end;
  await settle();
  t.same(absent.ends, ['cannot be started: ENOENT']);
  t.same(wrong.ends, ['cannot be started: ERR_INVALID_ARG_VALUE']);
  t.same(noFile.ends, ['exit 1']);
  t.ok(absent.forked.hasEnded && absent.forked.pid === undefined);
});

t.test('however a process ends, it ends once', async (t) => {
  const killed = start(program(IDLE));
  killed.forked.kill('did not answer');
  killed.forked.kill();
  const stopped = start(program(IDLE));
  stopped.forked.stop();
  const stubborn = start(program('process.on("disconnect", () => {}); setInterval(() => {}, 1000);'));
  stubborn.forked.stop();
  const disconnected = start(program('process.disconnect(); setInterval(() => {}, 1000);'));
  for (const { end } of [killed, stopped, stubborn, disconnected]) await end;
  await settle();
  t.same([killed.ends, stubborn.ends, disconnected.ends], [['did not answer'], ['SIGKILL'], ['SIGKILL']]);
  t.equal(stopped.ends.length, 1);
  killed.forked.send({ to: 'nobody' });
});

t.test('a message that cannot be sent ends the process', async (t) => {
  const { forked, ends, end } = start(program(IDLE, { serialization: 'advanced' }));
  forked.send({ run: () => {} });
  await end;
  t.match(ends, [/^cannot be reached: /]);
});

for (const [name, serialization, bytes] of [
  ['text that is no JSON', 'json', '"garbage}\\n"'],
  ['a frame that is none', 'advanced', 'Buffer.from([0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8])'],
] as const)
  t.test(`bytes that are no message end their process and not this one: ${name}`, async (t) => {
    const write = `import { writeSync } from 'node:fs'; writeSync(Number(process.env.NODE_CHANNEL_FD), ${bytes});`;
    const early = `const fd = process.env.NODE_CHANNEL_FD; ${IDLE}`;
    const { ends, end } = start(
      program(`${early}\n${write.replace('process.env.NODE_CHANNEL_FD', '3')}`, { serialization }),
    );
    await end;
    t.same(ends, ['sent an invalid message']);
  });

t.test('a message that looks like one of the pipe itself does nothing', async (t) => {
  const { forked, messages, ends, end } = start(
    program(
      `process.send({ cmd: 'NODE_HANDLE', type: 'x' }); process.send({ cmd: 'NODE_HANDLE_ACK' }); process.send(1); ${IDLE}`,
    ),
  );
  await until(() => messages.length > 0);
  t.same([messages, ends], [[1], []]);
  forked.stop();
  await end;
});

t.test('a handler that throws ends its process, is logged, and nothing else', async (t) => {
  const logged: object[] = [];
  const log = { ...silentLog, error: (fields: object) => void logged.push(fields) };
  await new Promise<void>((resolve) => {
    new ForkedProcess(program(`process.send(1); ${IDLE}`), log, {
      onMessage: () => {
        throw new Error('a bug');
      },
      onEnded: () => {
        resolve();
        throw new Error('another');
      },
    });
  });
  await settle();
  t.match(logged, [{ code: 'server.bug' }, { code: 'server.bug' }]);
});

type From =
  | { readonly kind: 'ready' }
  | { readonly kind: 'alive'; readonly memoryMb: number }
  | { readonly kind: 'more' };
const isMessage = (value: unknown): value is From =>
  ['ready', 'alive', 'more'].includes((value as { kind?: string } | null)?.kind ?? '');

function watch(text: string, more: object = {}) {
  const kinds: string[] = [];
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_: object, text: string) => void warnings.push(text) };
  let outgrown = 0;
  let child: WatchedProcess<From> | undefined;
  const end = new Promise<string>((resolve) => {
    child = new WatchedProcess<From>(
      {
        name: 'part',
        program: program(text),
        setup: { kind: 'setup' },
        isMessage,
        startTimeoutMs: 20_000,
        log,
        ...more,
      },
      { onMessage: ({ kind }) => void kinds.push(kind), onOutgrown: () => void outgrown++, onEnded: resolve },
    );
  });
  return { child: child!, kinds, warnings, end, outgrown: () => outgrown };
}
const READY =
  'process.on("disconnect", () => process.exit(0)); process.on("message", ({ kind }) => { if (kind === "setup") process.send({ kind: "ready" });';

t.test('a process that never gets ready, or answers no ping, is killed', async (t) => {
  const slow = watch(IDLE, { startTimeoutMs: 50 });
  t.equal(await slow.end, 'not ready in time');
  t.equal(slow.child.state, 'ended');
  const hung = watch(`${READY} });`, { pingEveryMs: 5 });
  t.equal(await hung.end, 'did not answer');
  t.same(hung.warnings, ['the part does not answer and is killed']);
});

t.test('what is no message of its kind ends the process: a wrong one, one that is none, one too many', async (t) => {
  for (const garbage of ['{ kind: "unheard" }', 'null', '7', '"text"', '[]', '{ kind: "ready" }']) {
    const { end, kinds, warnings } = watch(`${READY} process.send(${garbage}); });`);
    t.equal(await end, 'sent an invalid message', garbage);
    t.same(kinds, ['ready']);
    t.same(warnings, ['the part sent an invalid message and is killed']);
  }
});

t.test('a process that grows is reported once, and killed when it grows far', async (t) => {
  const grown = watch(`let mb = 90; ${READY} else process.send({ kind: "alive", memoryMb: mb += 12 }); });`, {
    ...{ memoryMbMax: 100, pingEveryMs: 5 },
  });
  t.equal(await grown.end, 'outgrew its memory limit');
  t.equal(grown.outgrown(), 1);
});

t.test('a child is given what it needs to run, and no secret', async (t) => {
  const secrets = {
    ...{ SOTTO_KEY: 's', SOTTO_ASSISTANT_KEY: 's', OPENAI_API_KEY: 's', HF_TOKEN: 's', AWS_SECRET_ACCESS_KEY: 's' },
    ...{
      GITHUB_TOKEN: 's',
      DATABASE_URL: 's',
      MY_PASSWORD: 's',
      GGML_TOKEN: 's',
      SSH_AUTH_SOCK: 's',
      NPM_CONFIG_X: 's',
    },
    ...{ XDG_SESSION_COOKIE: 's', CUDA_API_KEY: 's', NODE_OPTIONS: 's', DEEPGRAM_API_KEY: 's', EMAIL: 's' },
  };
  const needed = {
    ...{ PATH: '/bin', HOME: '/home/x', LANG: 'en_GB.UTF-8', LC_ALL: 'C', TZ: 'UTC', TMPDIR: '/tmp', Path: 'C:\\' },
    ...{
      LD_LIBRARY_PATH: '/lib',
      OMP_NUM_THREADS: '2',
      GGML_VK_DEVICE: '0',
      CUDA_VISIBLE_DEVICES: '0',
      SystemRoot: 'C:',
    },
  };
  t.same(buildChildEnvironment({ ...secrets, ...needed, UNSET: undefined }), needed);
  t.equal(buildChildEnvironment(secrets, true)['NODE_OPTIONS'], 's', 'a program in TypeScript needs its loader');
  Object.assign(process.env, secrets);
  t.teardown(() => {
    for (const name of Object.keys(secrets)) delete process.env[name];
  });
  const { forked, messages, end } = start(program(`process.send(process.env); ${IDLE}`));
  await until(() => messages.length > 0);
  forked.stop();
  await end;
  const given = messages[0] as Record<string, string>;
  t.ok(given['PATH']);
  // The test runner sets NODE_OPTIONS of whatever is started, with a value of its own.
  t.same(
    Object.keys(given).filter((name) => name in secrets && given[name] === 's'),
    [],
  );
});

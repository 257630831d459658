import t from 'tap';
import { SystemRunner } from '../../../client/cli/dictate/runner.ts';
import { buildProgramEnvironment } from '../../../client/cli/programs/program-environment.ts';

const SECRETS = {
  ...{ SOTTO_KEY: 's', OPENAI_API_KEY: 's', OBS_PASSWORD: 's', HF_TOKEN: 's', AWS_SECRET_ACCESS_KEY: 's', EMAIL: 's' },
  ...{ XDG_TOKEN: 's', GNOME_KEYRING_CONTROL: 's', SSH_AUTH_SOCK: 's', DATABASE_URL: 's' },
};
const NEEDED = {
  ...{ PATH: '/bin', HOME: '/home/x', DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0', XAUTHORITY: '/x', LC_CTYPE: 'C' },
  ...{ DBUS_SESSION_BUS_ADDRESS: 'unix:', XDG_RUNTIME_DIR: '/run', PULSE_SERVER: 'unix:', PULSE_COOKIE: '/c' },
  ...{ PIPEWIRE_REMOTE: 'p', SWAYSOCK: '/s', YDOTOOL_SOCKET: '/y', SystemRoot: 'C:' },
};

t.test('programs of the desktop are given its sockets, and no secret', async (t) => {
  t.same(buildProgramEnvironment({ ...SECRETS, ...NEEDED, UNSET: undefined }), NEEDED);
});

t.test('a program that is run sees none of the secrets of this process', async (t) => {
  Object.assign(process.env, SECRETS);
  t.teardown(() => {
    for (const name of Object.keys(SECRETS)) delete process.env[name];
  });
  const report = 'process.stdout.write(JSON.stringify(process.env))';
  const { out } = await new SystemRunner().run(process.execPath, ['-e', report], { timeoutMs: 60_000 });
  const given = JSON.parse(String(out)) as Record<string, string>;
  t.ok(given['PATH']);
  t.same(
    Object.keys(SECRETS).filter((name) => name in given),
    [],
  );
});

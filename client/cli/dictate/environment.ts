import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Desktop } from './inserters/wayland.ts';

/** The desktop session we run in. */
export interface Environment {
  readonly display: 'x11' | 'wayland' | 'macos' | 'windows' | 'none';
  readonly desktop: Desktop;
  /** Folder for the socket: private to the user and, where the system provides one, removed when they log out. */
  readonly runtimeFolder: string;
  readonly dataFolder: string;
  readonly configFolder: string;
}

/**
 * Reads the environment. Wayland takes precedence, because an X server inside Wayland accepts keys for every window but delivers
 * them to its own only.
 */
export function detectEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): Environment {
  const home = environment['HOME'] || homedir();
  const { uid, username } = userInfo();
  const own = environment['XDG_RUNTIME_DIR'] || join(tmpdir(), `sotto-${uid < 0 ? username : uid}`);
  return {
    display: displayOf(environment, platform),
    desktop: desktopOf(environment),
    runtimeFolder: environment['XDG_RUNTIME_DIR'] ? join(own, 'sotto') : own,
    dataFolder: join(environment['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'sotto'),
    configFolder: join(environment['XDG_CONFIG_HOME'] || join(home, '.config'), 'sotto'),
  };
}

function displayOf(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): Environment['display'] {
  if (platform === 'darwin') return 'macos';
  if (platform === 'win32') return 'windows';
  if (environment['WAYLAND_DISPLAY'] || environment['XDG_SESSION_TYPE'] === 'wayland') return 'wayland';
  return environment['DISPLAY'] ? 'x11' : 'none';
}

function desktopOf(environment: Readonly<Record<string, string | undefined>>): Desktop {
  if (environment['SWAYSOCK']) return 'sway';
  if (environment['HYPRLAND_INSTANCE_SIGNATURE']) return 'hyprland';
  const named = (environment['XDG_CURRENT_DESKTOP'] ?? '').toLowerCase();
  if (named.includes('kde')) return 'kde';
  return /gnome|unity|ubuntu/.test(named) ? 'gnome' : 'other';
}

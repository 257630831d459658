import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Desktop } from './inserters/wayland.ts';

/** What the session we run in is like. */
export interface Environment {
  readonly display: 'x11' | 'wayland' | 'macos' | 'windows' | 'none';
  readonly desktop: Desktop;
  /** Folder for the socket: this user's alone, gone when they log out where the system has such a place. */
  readonly runtimeFolder: string;
  readonly dataFolder: string;
  readonly configFolder: string;
}

/**
 * Reads the environment. An X server inside Wayland takes keys and loses them for every window that is not its own, so
 * Wayland is looked for first.
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

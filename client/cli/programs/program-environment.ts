/**
 * Environment variables that desktop programs need: search paths, languages, and the sockets of display, sound and session. No
 * others are passed on: a recorder or a clipboard has no use for API keys and tokens.
 */
const NAMES: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TMP', 'TEMP'],
  ...['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'DYLD_FALLBACK_LIBRARY_PATH', '__CF_USER_TEXT_ENCODING'],
  ...['DISPLAY', 'WAYLAND_DISPLAY', 'WAYLAND_SOCKET', 'XAUTHORITY', 'DESKTOP_SESSION', 'SWAYSOCK', 'I3SOCK'],
  ...['YDOTOOL_SOCKET', 'HYPRLAND_INSTANCE_SIGNATURE', 'AUDIODEV', 'AUDIODRIVER'],
  // Few Windows programs start without these. Names have no case there.
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'PROGRAMFILES', 'PROGRAMDATA', 'PROGRAMFILES(X86)'],
  ...['APPDATA', 'LOCALAPPDATA', 'USERPROFILE', 'USERNAME', 'HOMEDRIVE', 'HOMEPATH', 'PSMODULEPATH'],
]);
const PREFIXES: readonly string[] = [
  ...['LC_', 'XDG_', 'DBUS_', 'PULSE_', 'PIPEWIRE_', 'ALSA_', 'JACK_', 'SDL_'],
  ...['KDE_', 'GNOME_', 'GTK_', 'GDK_', 'QT_', 'XKB_', 'IBUS_'],
];
/** Variables with such a name are never passed on, whatever the name begins with. */
const SECRET = /KEY|TOKEN|SECRET|PASS|CREDENTIAL/;

/** The environment for another program: a recorder, a decoder, a clipboard, a keyboard tool. */
export function buildProgramEnvironment(
  all: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const isPassed = (name: string): boolean =>
    !SECRET.test(name) && (NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix)));
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => {
      const [name, value] = entry;
      return value !== undefined && isPassed(name.toUpperCase());
    }),
  );
}

/** Whether npm runs this as a script of a package, such as `npm start`. */
export const isStartedByNpm = (all: Readonly<Record<string, string | undefined>> = process.env): boolean =>
  all['npm_lifecycle_event'] !== undefined;

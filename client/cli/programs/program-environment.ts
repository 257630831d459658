/**
 * Variables that programs of the desktop need: where they are found, which language they speak, and the sockets of display,
 * sound and session. Everything else stays here: a recorder or a clipboard has no use for API keys and tokens.
 */
const NAMES: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TMP', 'TEMP'],
  ...['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'DYLD_FALLBACK_LIBRARY_PATH', '__CF_USER_TEXT_ENCODING'],
  ...['DISPLAY', 'WAYLAND_DISPLAY', 'WAYLAND_SOCKET', 'XAUTHORITY', 'DESKTOP_SESSION', 'SWAYSOCK', 'I3SOCK'],
  ...['YDOTOOL_SOCKET', 'HYPRLAND_INSTANCE_SIGNATURE', 'AUDIODEV', 'AUDIODRIVER'],
  // Windows starts few programs without them. Its names have no case.
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'PROGRAMFILES', 'PROGRAMDATA', 'PROGRAMFILES(X86)'],
  ...['APPDATA', 'LOCALAPPDATA', 'USERPROFILE', 'USERNAME', 'HOMEDRIVE', 'HOMEPATH', 'PSMODULEPATH'],
]);
const PREFIXES: readonly string[] = [
  ...['LC_', 'XDG_', 'DBUS_', 'PULSE_', 'PIPEWIRE_', 'ALSA_', 'JACK_', 'SDL_'],
  ...['KDE_', 'GNOME_', 'GTK_', 'GDK_', 'QT_', 'XKB_', 'IBUS_'],
];
/** A name that says it holds a secret is never passed on, whatever it begins with. */
const SECRET = /KEY|TOKEN|SECRET|PASS|CREDENTIAL/;

/** The environment for a program of the system: a recorder, a decoder, a clipboard, a keyboard. */
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

import { UserError } from '../output/user-error.ts';
import type { Environment } from './environment.ts';
import type { Inserter, InserterSettings } from './inserter.ts';
import { MacInserter } from './inserters/macos.ts';
import { ClipboardInserter, StdoutInserter } from './inserters/plain.ts';
import { WaylandInserter } from './inserters/wayland.ts';
import { WindowsInserter } from './inserters/windows.ts';
import { X11Inserter } from './inserters/x11.ts';
import type { Runner } from './runner.ts';

/** Where text goes: into the focused window, or to something that exists on every system. */
export type OutputTarget = 'window' | 'clipboard' | 'stdout';

export interface InserterChoice {
  readonly target: OutputTarget;
  readonly environment: Environment;
  readonly settings: InserterSettings;
  readonly runner: Runner;
  readonly write: (text: string) => void;
}

/** Selects the inserter for this environment. Throws a `UserError` that says what is missing. */
export function chooseInserter({ target, environment, settings, runner, write }: InserterChoice): Inserter {
  const { display, desktop } = environment;
  if (target === 'stdout') return new StdoutInserter(write);
  if (target === 'clipboard') return new ClipboardInserter(runner, display);
  switch (display) {
    case 'x11':
      return new X11Inserter(runner, settings);
    case 'wayland':
      return new WaylandInserter(runner, settings, desktop);
    case 'macos':
      return new MacInserter(runner, settings);
    case 'windows':
      return new WindowsInserter(runner, settings);
    case 'none':
      throw new UserError(
        'There is no desktop here (neither WAYLAND_DISPLAY nor DISPLAY is set); use --to stdout or --to clipboard.',
      );
  }
}

import { getOwnEntry } from '../../../protocol/own-entry.ts';
import type { KeyFocus } from '../ui/key-focus.ts';

export type LiveCommand = 'toggle' | 'mute' | 'raw' | 'help' | 'close';

/** The page's keyboard shortcuts, for the handler and for the help dialog. */
export const LIVE_SHORTCUTS: readonly {
  readonly command: LiveCommand;
  readonly keys: readonly string[];
  readonly does: string;
}[] = [
  { command: 'toggle', keys: ['Space', 'Alt R'], does: 'Start or stop' },
  { command: 'mute', keys: ['M'], does: 'Mute the microphone' },
  { command: 'raw', keys: ['R'], does: 'Show the first version of every sentence, or the cleaned one' },
  { command: 'help', keys: ['?'], does: 'Show this help' },
  { command: 'close', keys: ['Esc'], does: 'Close menus' },
];

/** The command of a key; undefined when the key belongs to the browser or to the focused element. */
export function findLiveCommand(
  event: Pick<KeyboardEvent, 'key' | 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'repeat'>,
  focus: KeyFocus,
): LiveCommand | undefined {
  if (event.repeat) return undefined;
  if (event.key === 'Escape') return 'close';
  if (event.altKey && event.code === 'KeyR') return 'toggle';
  if (event.altKey || event.ctrlKey || event.metaKey || focus.typing) return undefined;
  if (event.code === 'Space') return focus.pressable ? undefined : 'toggle';
  if (event.key === '?') return 'help';
  return getOwnEntry<LiveCommand>({ m: 'mute', r: 'raw' }, event.key.toLowerCase());
}

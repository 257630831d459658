import { getOwnEntry } from '../../../protocol/own-entry.ts';
import type { KeyFocus } from '../ui/key-focus.ts';

export type PageAction = 'toggle' | 'mute' | 'raw' | 'help' | 'close';

/** The page's keyboard shortcuts, for the handler and for the help dialog. */
export const PAGE_KEYS: readonly {
  readonly action: PageAction;
  readonly keys: readonly string[];
  readonly does: string;
}[] = [
  { action: 'toggle', keys: ['Space', 'Alt R'], does: 'Start or stop' },
  { action: 'mute', keys: ['M'], does: 'Mute the microphone' },
  { action: 'raw', keys: ['R'], does: 'Show the words as spoken or cleaned' },
  { action: 'help', keys: ['?'], does: 'Show this help' },
  { action: 'close', keys: ['Esc'], does: 'Close menus' },
];

/** The action of a key; undefined when the key belongs to the browser or to the focused element. */
export function actionForKey(
  event: Pick<KeyboardEvent, 'key' | 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'repeat'>,
  focus: KeyFocus,
): PageAction | undefined {
  if (event.repeat) return undefined;
  if (event.key === 'Escape') return 'close';
  if (event.altKey && event.code === 'KeyR') return 'toggle';
  if (event.altKey || event.ctrlKey || event.metaKey || focus.typing) return undefined;
  if (event.code === 'Space') return focus.pressable ? undefined : 'toggle';
  if (event.key === '?') return 'help';
  return getOwnEntry<PageAction>({ m: 'mute', r: 'raw' }, event.key.toLowerCase());
}

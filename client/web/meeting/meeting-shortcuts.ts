import { getOwnEntry, hasOwnKey } from '../../../protocol/own-entry.ts';
import type { KeyFocus } from '../ui/key-focus.ts';

export type MeetingCommand =
  | 'record'
  | 'pause'
  | 'mute'
  | 'highlight'
  | 'note'
  | 'correct'
  | 'firstVersion'
  | 'play'
  | 'back'
  | 'forward'
  | 'saveAudio'
  | 'next'
  | 'previous'
  | 'live'
  | 'small'
  | 'search'
  | 'help'
  | 'close';

/** The page's keyboard shortcuts, for the handler and for the help dialog. */
export const MEETING_SHORTCUTS: readonly {
  readonly command: MeetingCommand;
  readonly keys: readonly string[];
  readonly does: string;
}[] = [
  { command: 'record', keys: ['Alt R'], does: 'Start or end the recording' },
  { command: 'pause', keys: ['Space'], does: 'Pause or continue the recording; play a stored meeting, or pause' },
  { command: 'play', keys: ['P'], does: 'Play from the focused sentence' },
  { command: 'back', keys: ['←'], does: 'Play 5 seconds earlier' },
  { command: 'forward', keys: ['→'], does: 'Play 5 seconds later' },
  { command: 'mute', keys: ['M'], does: 'Mute the microphone' },
  {
    command: 'highlight',
    keys: ['H', 'Alt H'],
    does: 'Highlight the focused sentence, or the last one',
  },
  { command: 'note', keys: ['N', 'Alt N'], does: 'Write a note' },
  { command: 'next', keys: ['J', '↓'], does: 'Next sentence' },
  { command: 'previous', keys: ['K', '↑'], does: 'Previous sentence' },
  { command: 'correct', keys: ['E', 'Enter'], does: 'Correct the sentence' },
  { command: 'firstVersion', keys: ['O'], does: 'Show the first version: of the focused sentence, or of all' },
  { command: 'saveAudio', keys: ['S'], does: 'Save the audio of the selected sentences, or of the focused one' },
  { command: 'live', keys: ['L'], does: 'Jump to live' },
  { command: 'small', keys: ['W'], does: 'Show a small window that stays on top' },
  { command: 'search', keys: ['/'], does: 'Search past meetings' },
  { command: 'help', keys: ['?'], does: 'Show this help' },
  { command: 'close', keys: ['Esc'], does: 'Close menus; leave a text field' },
];

const LETTERS: Readonly<Record<string, MeetingCommand>> = {
  m: 'mute',
  h: 'highlight',
  n: 'note',
  e: 'correct',
  o: 'firstVersion',
  p: 'play',
  s: 'saveAudio',
  j: 'next',
  k: 'previous',
  l: 'live',
  w: 'small',
  '/': 'search',
  '?': 'help',
};
/** Work in text fields as well: writing a note is no reason to miss a sentence. */
const WITH_ALT: Readonly<Record<string, MeetingCommand>> = { KeyR: 'record', KeyH: 'highlight', KeyN: 'note' };

export interface KeyContext extends KeyFocus {
  /** A sentence has the focus. */
  readonly sentence: boolean;
  /** The scrolling area of the sentences has the focus. */
  readonly reading: boolean;
}

/** The command of a key; undefined when the key belongs to the browser or to the focused element. */
export function findMeetingCommand(
  event: Pick<KeyboardEvent, 'key' | 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'repeat'>,
  at: KeyContext,
): MeetingCommand | undefined {
  const moves = { ArrowDown: 'next', ArrowUp: 'previous' } as const;
  const skips = { ArrowLeft: 'back', ArrowRight: 'forward' } as const;
  const plain = !event.altKey && !event.ctrlKey && !event.metaKey;
  if (plain && at.sentence && hasOwnKey(moves, event.key)) return moves[event.key];
  if (plain && !at.typing && hasOwnKey(skips, event.key)) return skips[event.key];
  if (event.repeat && !['j', 'k'].includes(event.key)) return undefined;
  if (event.key === 'Escape') return 'close';
  if (event.altKey && !event.ctrlKey && !event.metaKey) return getOwnEntry(WITH_ALT, event.code);
  if (!plain || at.typing) return undefined;
  if (event.code === 'Space') return at.pressable || at.reading ? undefined : 'pause';
  if (event.key === 'Enter') return at.sentence && !at.pressable ? 'correct' : undefined;
  return getOwnEntry(LETTERS, event.key.toLowerCase());
}

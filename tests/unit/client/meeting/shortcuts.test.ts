import t from 'tap';
import {
  findMeetingCommand,
  type KeyContext,
  MEETING_SHORTCUTS,
} from '../../../../client/web/meeting/meeting-shortcuts.ts';

const press = (key: string, more: object = {}) => ({
  ...{ key, code: key === ' ' ? 'Space' : `Key${key.toUpperCase()}` },
  ...{ altKey: false, ctrlKey: false, metaKey: false, repeat: false },
  ...more,
});
const NOWHERE: KeyContext = { typing: false, pressable: false, sentence: false, reading: false };

t.test('keys play a meeting wherever they are not needed: in fields, on buttons, while the text scrolls', async (t) => {
  for (const at of [NOWHERE, { ...NOWHERE, sentence: true }]) {
    t.equal(findMeetingCommand(press('ArrowLeft'), at), 'back');
    t.equal(findMeetingCommand(press('ArrowRight', { repeat: true }), at), 'forward', 'held down, too');
    t.equal(findMeetingCommand(press(' '), at), 'pause');
    t.equal(findMeetingCommand(press('p'), at), 'play');
    t.equal(findMeetingCommand(press('S'), at), 'saveAudio');
    t.equal(findMeetingCommand(press('o'), at), 'firstVersion');
  }
  for (const key of ['ArrowLeft', 'ArrowRight', ' ', 'p', 's', 'o'])
    t.equal(findMeetingCommand(press(key), { ...NOWHERE, typing: true, pressable: true }), undefined, key);
  t.equal(
    findMeetingCommand(press(' '), { ...NOWHERE, pressable: true }),
    undefined,
    'the space bar presses the button',
  );
  t.equal(findMeetingCommand(press(' '), { ...NOWHERE, reading: true }), undefined, 'the space bar scrolls the text');
  t.equal(findMeetingCommand(press('s', { ctrlKey: true }), NOWHERE), undefined, 'saving the page stays the browser’s');
  t.equal(findMeetingCommand(press('ArrowLeft', { altKey: true }), NOWHERE), undefined, 'so does going back');
});

t.test('the help names each command once', async (t) => {
  const commands = MEETING_SHORTCUTS.map(({ command }) => command);
  t.equal(new Set(commands).size, commands.length);
});

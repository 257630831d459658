import t from 'tap';
import {
  RollUp,
  type RollUpFrame,
  type RollUpOptions,
  WAITING_LINES_MAX,
} from '../../../client/web/roll-up/roll-up.ts';
import { countUnitColumns } from '../../../client/web/roll-up/units.ts';
import type { TextEvent } from '../../../transcript/sentence.ts';
import fc from '../../support/fast-check.ts';
import { roomScript, type TimedRoomText } from '../../support/room-script.ts';

const CHARS = 20;
const ROWS = 2;
const options = (wanted: Partial<RollUpOptions> = {}): RollUpOptions => ({
  ...{ lines: ROWS, text: 'cleaned', translate: '', interim: true, speed: 20, fadeMs: 0 },
  fits: (line) => countUnitColumns(line) <= CHARS,
  spell: (word) => word,
  mark: () => '',
  ...wanted,
});

/** Plays a script, looks whenever something is due, and tells of each look; ends long after the last event. */
function play(
  rollUp: RollUp,
  script: readonly TimedRoomText[],
  look: (shown: RollUpFrame, nowMs: number) => void,
): void {
  let nowMs = 0;
  const playTo = (toMs: number): void => {
    for (let guard = 0; ; guard++) {
      const shown = rollUp.show(nowMs);
      look(shown, nowMs);
      if (guard > 10_000) throw new Error(`Something is due at ${shown.nextMs} and stays due at ${nowMs}.`);
      if (shown.nextMs === undefined || shown.nextMs > toMs) break;
      nowMs = Math.max(nowMs, shown.nextMs);
    }
    nowMs = toMs;
  };
  for (const { atMs, event } of script) {
    playTo(atMs);
    rollUp.read(event, atMs);
  }
  playTo(nowMs + 200_000);
}

/** Each line as it stood when it was last on the screen; what was taken back meanwhile is not there. */
function lastSeen(lines: Map<number, string>, shown: RollUpFrame): void {
  for (let row = 0; row < ROWS; row++) lines.delete(shown.bottom - row);
  for (const line of shown.lines) lines.set(line.index, line.settled + line.tail);
}

const inOrder = (lines: Map<number, string>): string =>
  [...lines]
    .sort(([a], [b]) => a - b)
    .map(([, text]) => text)
    .join(' ');
const squeeze = (text: string): string => text.replace(/\s+/g, '');
const finalsOf = (script: readonly TimedRoomText[], type: string): TextEvent[] =>
  script.map(({ event }) => event).filter((event) => event.type === type);

t.test('a complete line never changes, is never shown again lower, and no line is too long', async () => {
  fc.assert(
    fc.property(roomScript(3), fc.constantFrom('cleaned', 'raw'), fc.boolean(), (script, text, interim) => {
      const rollUp = new RollUp(options({ text, interim, mark: () => '>>' }));
      const complete = new Map<number, string>();
      let bottom = -1;
      play(rollUp, script, (shown) => {
        if (shown.bottom < bottom) throw new Error('The lowest row went back.');
        bottom = shown.bottom;
        if (shown.lines.length > 2) throw new Error('More rows than wanted.');
        if (shown.waiting > WAITING_LINES_MAX) throw new Error('Too many lines wait.');
        for (const line of shown.lines) {
          const whole = line.settled + line.tail;
          if (countUnitColumns(whole) > CHARS + 3) throw new Error(`Too long: ${whole}`);
          const before = complete.get(line.index);
          if (before !== undefined && (before !== whole || !line.complete))
            throw new Error(`Line ${line.index} was "${before}" and became "${whole}".`);
          if (line.complete) complete.set(line.index, whole);
        }
      });
    }),
    { numRuns: 150 },
  );
});

t.test('settled text is only appended to while words are shown as spoken', async () => {
  fc.assert(
    fc.property(roomScript(1), (script) => {
      const rollUp = new RollUp(options({ text: 'raw', lines: 4 }));
      const settled = new Map<number, string>();
      play(rollUp, script, (shown) => {
        for (const line of shown.lines) {
          if (!line.settled.startsWith(settled.get(line.index) ?? ''))
            throw new Error(`"${settled.get(line.index)}" became "${line.settled}".`);
          settled.set(line.index, line.settled);
        }
      });
    }),
    { numRuns: 100 },
  );
});

t.test('nothing is left out or said twice: as spoken, and as cleaned sentences', async () => {
  fc.assert(
    fc.property(roomScript(1), fc.constantFrom('raw', 'cleaned'), (script, text) => {
      const rollUp = new RollUp(options({ text, interim: text === 'raw', speed: 10_000 }));
      const lines = new Map<number, string>();
      play(rollUp, script, (shown) => lastSeen(lines, shown));
      const spoken = squeeze(inOrder(lines));
      const wanted = finalsOf(script, 'final').map((final) => {
        const cleaned = script.find(
          ({ event }) => event.type === 'cleaned' && event.sentence === (final as { sentence: number }).sentence,
        );
        const at = script.find(({ event }) => event === final)!.atMs;
        const inTime = text === 'cleaned' && cleaned !== undefined && cleaned.atMs < at + 1_500;
        return ((inTime ? cleaned.event : final) as { text: string }).text;
      });
      if (spoken !== squeeze(wanted.join(''))) throw new Error(`"${spoken}" instead of "${squeeze(wanted.join(''))}"`);
    }),
    { numRuns: 100 },
  );
});

t.test('every word of a room of several voices is in the lines once', async () => {
  fc.assert(
    fc.property(roomScript(3), (script) => {
      const rollUp = new RollUp(options({ text: 'raw', speed: 100_000 }));
      const lines = new Map<number, string>();
      let skipped = 0;
      play(rollUp, script, (shown) => {
        lastSeen(lines, shown);
        skipped = shown.skipped;
      });
      // Who lets others wait for pages at once loses lines; that bound has its own words in the documentation.
      fc.pre(skipped === 0);
      const letters = (text: string): string => [...squeeze(text)].sort().join('');
      const wanted = finalsOf(script, 'final').map((final) => (final as { text: string }).text);
      if (letters(inOrder(lines)) !== letters(wanted.join(''))) throw new Error('Words are missing.');
    }),
    { numRuns: 100 },
  );
});

t.test('lines follow each other no faster than they can be read', async () => {
  fc.assert(
    fc.property(roomScript(2), (script) => {
      const rollUp = new RollUp(options({ text: 'cleaned', interim: false }));
      let lowest: { index: number; columns: number; atMs: number } | undefined;
      play(rollUp, script, ({ lines, skipped, bottom }, nowMs) => {
        const last = lines.at(-1);
        if (last === undefined || last.index !== bottom) return;
        if (lowest !== undefined && bottom > lowest.index && skipped === 0) {
          const leastMs = (lowest.columns / (20 * 1.5)) * 1_000;
          if (nowMs - lowest.atMs < leastMs - 0.001)
            throw new Error(`Line ${bottom} came after ${nowMs - lowest.atMs} ms.`);
        }
        const atMs = lowest?.index === bottom ? lowest.atMs : nowMs;
        lowest = { index: bottom, columns: countUnitColumns(last.settled + last.tail), atMs };
      });
    }),
    { numRuns: 100 },
  );
});

t.test('what a speaker who left had begun stays as far as it came, and others go on at once', async (t) => {
  const rollUp = new RollUp(options({ text: 'raw' }));
  const name = { channel: 0, sentence: 1 };
  rollUp.read({ type: 'partial', session: 'a', ...name, stable: 'I have to', tentative: ' go' }, 0);
  rollUp.read({ type: 'final', session: 'b', ...name, text: 'Me, too.' }, 10);
  t.same(
    rollUp.show(20).lines.map(({ settled, tail }) => settled + tail),
    ['I have to go'],
    'it has the word',
  );
  rollUp.present(['b'], 30);
  rollUp.show(30);
  t.same(
    rollUp.show(5_000).lines.map(({ settled, tail }) => settled + tail),
    ['I have to', 'Me, too.'],
  );
});

t.test('a sentence that waits for its cleaned form is as spoken when that comes too late', async (t) => {
  const rollUp = new RollUp(options());
  const name = { session: 'a', channel: 0, sentence: 1 };
  rollUp.read({ type: 'final', ...name, text: 'Um, well.' }, 0);
  const { nextMs } = rollUp.show(0);
  t.equal(nextMs, 1_500);
  rollUp.show(1_500);
  rollUp.read({ type: 'cleaned', ...name, text: 'Well.' }, 1_600);
  t.same(
    rollUp.show(2_000).lines.map(({ settled }) => settled),
    ['Um, well.'],
  );
});

t.test('text that was taken back and text of another voice in between leave no trace', async (t) => {
  const rollUp = new RollUp(options({ text: 'raw', mark: ({ first }) => (first ? '' : '>>') }));
  const name = { channel: 0, sentence: 1 };
  rollUp.read({ type: 'partial', session: 'a', ...name, stable: '', tentative: 'Hm' }, 0);
  rollUp.read({ type: 'partial', session: 'a', ...name, stable: '', tentative: '' }, 10);
  t.same(rollUp.show(20).lines, []);
  rollUp.read({ type: 'final', session: 'b', ...name, text: 'One.' }, 30);
  rollUp.read({ type: 'final', session: 'a', ...name, text: 'Two.' }, 40);
  rollUp.show(40);
  t.same(
    rollUp.show(5_000).lines.map(({ settled }) => settled),
    ['One.', '>> Two.'],
  );
});

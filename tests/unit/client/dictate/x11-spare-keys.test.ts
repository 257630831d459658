import t from 'tap';
import { parseKeyboard, SpareKeys } from '../../../../client/cli/dictate/inserters/x11-spare-keys.ts';
import {
  buildTextEnvironment,
  type Runner,
  type RunOptions,
  type RunResult,
} from '../../../../client/cli/dictate/runner.ts';

/** An X server with the keys a, b and c, and some that type nothing. */
class FakeKeyboard implements Runner {
  readonly keys = new Map<number, readonly string[]>([
    [8, []],
    [38, ['0061', '0041']],
    [56, ['0062', '0042']],
    [54, ['0063', '0043', '0063', '0043', '00A9']],
  ]);
  readonly changes: string[] = [];
  accepts = true;

  constructor(spare: number) {
    for (let i = 0; i < spare; i++) this.keys.set(200 + i, []);
  }

  has(): boolean {
    return true;
  }

  async run(_: string, [option]: readonly string[], { input = '' }: RunOptions = {}): Promise<RunResult> {
    if (option === '-') this.#change(String(input));
    const lines = [...this.keys].map(([code, keysyms]) => `    ${code}    \t${keysyms.map(describe).join('\t')}`);
    return { code: 0, out: Buffer.from(`There are 4 KeySyms per KeyCode.\n\n${lines.join('\n')}\n`), stderr: '' };
  }

  hold(): never {
    throw new Error('nothing is held here');
  }

  #change(input: string): void {
    this.changes.push(input);
    for (const [, code, names] of input.matchAll(/^keycode (\d+) =(.*)$/gm))
      if (this.accepts)
        this.keys.set(
          Number(code),
          [...names!.matchAll(/U([0-9A-F]+)/g)].map(([, hex]) => hex!),
        );
  }
}

/** As xmodmap prints it: code points above Latin-1 have 0x1000000 added. */
function describe(hex: string): string {
  const point = Number.parseInt(hex, 16);
  return `0x${(point > 0xff ? 0x1000000 + point : point).toString(16).padStart(4, '0')} (U${hex})`;
}

const open = (spare: number) => {
  const keyboard = new FakeKeyboard(spare);
  const waits: number[] = [];
  return { keyboard, waits, keys: new SpareKeys(keyboard, async (ms) => waits.push(ms)) };
};

t.test('what the layout has needs no other key', async (t) => {
  const { keyboard, keys } = open(2);
  t.equal(await keys.prepare('abcABC'), 6);
  t.same(keyboard.changes, []);
});

t.test('other characters get two to a key that types nothing, keep it, and lose it at the end', async (t) => {
  const { keyboard, keys, waits } = open(3);
  t.equal(await keys.prepare('aŒ’é😀'), 6);
  t.same(keyboard.changes, ['keycode 200 = U0152 U2019\nkeycode 201 = U00E9 U1F600\n']);
  t.equal(await keys.prepare('Œ😀a'), 4);
  t.equal(keyboard.changes.length, 1, 'a key that is there already stays');
  t.equal(await keys.prepare('©'), 1, 'behind AltGr is not enough');
  t.equal(keyboard.changes[1], 'keycode 202 = U00A9 U00A9\n');
  t.same(waits, []);
  await keys.release();
  t.equal(waits.length, 1, 'what was typed has time to be read');
  t.equal(keyboard.changes[2], 'keycode 200 =\nkeycode 201 =\nkeycode 202 =\n');
  await keys.release();
  t.equal(keyboard.changes.length, 3);
});

t.test('with fewer keys than characters, the text comes in parts, each after the one before was read', async (t) => {
  const { keyboard, keys, waits } = open(1);
  const parts: string[] = [];
  for (let rest = '日本a語の字'; rest !== ''; ) {
    const length = await keys.prepare(rest);
    parts.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  t.same(parts, ['日本a', '語の', '字']);
  t.equal(waits.length, 2);
  t.same(keyboard.keys.get(8), [], 'the first code is left alone');
});

t.test('a layout that is set anew in between is noticed', async (t) => {
  const { keyboard, keys } = open(1);
  await keys.prepare('é');
  keyboard.keys.set(200, []);
  t.equal(await keys.prepare('é'), 1);
  t.equal(keyboard.changes.length, 2);
});

t.test('a character that gets no key is an error, before anything is typed', async (t) => {
  const none = open(0);
  await t.rejects(none.keys.prepare('é'), /layout has no “é”/);
  const deaf = open(2);
  deaf.keyboard.accepts = false;
  await t.rejects(deaf.keys.prepare('é'), /layout has no “é”/);
  const bare = open(2);
  bare.keyboard.has = () => false;
  t.equal(await bare.keys.prepare('It is.'), 6);
  await t.rejects(bare.keys.prepare('It’s'), /xmodmap is needed to type “’” here.*apt install x11-xserver-utils/);
});

t.test('keysyms of other tables than Latin-1 and Unicode count as missing', async (t) => {
  const { characters, spare } = parseKeyboard('  24 \t0x06ca (Cyrillic_shorti)\t0x0051 (Q)\n  93 \t\n 120\n');
  t.same([...characters], ['Q']);
  t.same(spare, [93, 120]);
});

t.test(
  'programs get a locale with UTF-8 where the environment names none',
  { skip: process.platform !== 'linux' && 'a locale of Linux' },
  async (t) => {
    t.equal(buildTextEnvironment({})['LC_ALL'], 'C.UTF-8');
    t.equal(buildTextEnvironment({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' })['LC_ALL'], 'C.UTF-8');
    t.same(buildTextEnvironment({ LANG: 'de_DE.utf8' }), { LANG: 'de_DE.utf8' });
  },
);

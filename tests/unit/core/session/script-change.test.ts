import t from 'tap';
import type { ServerEvent } from '../../../../protocol/index.ts';
import { type ChineseScript, detectScript, writeInScript } from '../../../../server/core/script/chinese-script.ts';
import type { SessionInput } from '../../../../server/core/session/inputs.ts';
import { SessionCore } from '../../../../server/core/session/session.ts';
import { PIPELINE } from '../../../../server/core/session/settings.ts';
import { SETTINGS } from '../../../support/session-settings.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

/** Each character is said for a quarter of a second; most have two forms. */
const SPOKEN = '桥下垂直净空该项目于几年完工东北军的爱国将士';
const CHARACTER = 4_000;

/** A session of which every decode hears the characters of its span, in the script that the model happens to write. */
function open(language: string, modelScript: (decode: number) => ChineseScript) {
  const core = new SessionCore({ ...SETTINGS, language }, PIPELINE);
  const events: ServerEvent[] = [];
  let decodes = 0;
  const handle = (input: SessionInput, voice = 0): void => {
    for (const output of core.handle(input)) {
      if (output.kind === 'detect') handle({ ...output, kind: 'probability', value: voice }, voice);
      if (output.kind === 'event') events.push(output.event as ServerEvent);
      if (output.kind !== 'recognise') continue;
      const { fromSample, samples } = core.take(output.job)!;
      const text = writeInScript(SPOKEN, modelScript(decodes++));
      const words = [...text]
        .map((character, i) => ({
          ...{ text: character, space: i === 0, from: i * CHARACTER, to: i * CHARACTER + 3_800, confidence: 0.99 },
        }))
        .filter(({ from, to }) => from >= fromSample - 2_000 && to <= fromSample + samples.length);
      handle({ kind: 'hypothesis', job: output.job, hypothesis: sureHypothesis(words, { language: 'zh' }) }, voice);
    }
  };
  const hear = (characters: number, voice = 0.95): void => {
    for (let i = 0; i < (characters * CHARACTER) / 800; i++)
      handle({ kind: 'audio', channels: [new Float32Array(800).fill(0.2)] }, voice);
  };
  const configure = (to: string): void =>
    handle({ kind: 'configure', settings: { type: 'configure', language: to } }, 0.95);
  return { events, handle, hear, configure };
}

function readTexts(events: readonly ServerEvent[]) {
  const finals = events.flatMap((event) => (event.type === 'final' ? [event] : []));
  for (const final of finals) {
    const partials = events.filter((event) => event.type === 'partial' && event.sentence === final.sentence);
    for (const partial of partials)
      if (partial.type === 'partial' && !final.text.startsWith(partial.stable))
        throw new Error(`${partial.stable} is not the beginning of ${final.text}`);
  }
  return finals.map(({ text }) => text);
}

t.test('an open sentence keeps its script when the client asks for another, and the next one has it', async (t) => {
  const { events, handle, hear, configure } = open('zh-Hans', () => 'Hans');
  hear(10);
  const stable = events.flatMap((event) => (event.type === 'partial' ? [event.stable] : [])).at(-1);
  t.equal(detectScript(stable ?? ''), 'Hans', 'something is stable before the change');
  configure('zh-Hant');
  hear(4);
  hear(8, 0.02);
  t.same(readTexts(events), [SPOKEN.slice(0, 14)], 'nothing twice, nothing missing, one script');
  handle({ kind: 'finish' });
});

t.test('where nothing is stable yet, the open sentence is in the new script', async (t) => {
  const { events, hear, configure } = open('zh-Hans', () => 'Hans');
  hear(2);
  configure('zh-Hant');
  hear(8);
  hear(8, 0.02);
  t.same(readTexts(events), [writeInScript(SPOKEN.slice(0, 10), 'Hant')]);
});

t.test('a model that changes its script in the first sentence does not change that of the text', async (t) => {
  const { events, hear } = open('zh', (decode) => (decode % 2 === 0 ? 'Hant' : 'Hans'));
  hear(14);
  hear(8, 0.02);
  const [text = ''] = readTexts(events);
  t.equal(writeInScript(text, 'Hans'), SPOKEN.slice(0, 14), 'nothing twice, nothing missing');
  t.ok([writeInScript(text, 'Hans'), writeInScript(text, 'Hant')].includes(text), `one script: ${text}`);
});

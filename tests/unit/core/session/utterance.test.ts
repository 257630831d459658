import t from 'tap';
import { withFailure, withSentenceFindings } from '../../../../server/core/session/decode-findings.ts';
import { IllegalDecodeMove } from '../../../../server/core/session/decode-state.ts';
import { PIPELINE } from '../../../../server/core/session/settings.ts';
import { Utterance } from '../../../../server/core/session/utterance.ts';

const restored = (utterance: Utterance, lastVoice = 900): Utterance =>
  new Utterance(PIPELINE, JSON.parse(JSON.stringify(utterance.snapshot(lastVoice))));
const END = { at: 2_000, lastVoice: 1_800 };
const REQUEST = { job: 1, from: 100, to: 1_900, language: 'en', leftContext: undefined };
const AUDIO = { from: 100, samples: new Float32Array(1_800) };

t.test('speech grows from where it began until it ends, and then is published', async (t) => {
  const utterance = new Utterance(PIPELINE, 100);
  t.match(utterance, {
    sentenceStart: 100,
    isGrowing: true,
    isPublished: false,
    end: undefined,
    pendingJob: undefined,
  });
  utterance.move({ kind: 'end', end: END, audio: undefined });
  t.same(utterance.end, END);
  t.notOk(utterance.isGrowing);
  utterance.move({ kind: 'publish' });
  t.ok(utterance.isPublished);
});

t.test('a move that is not legal throws, and changes nothing', async (t) => {
  const utterance = new Utterance(PIPELINE, 100);
  const before = utterance.decode;
  t.throws(() => utterance.move({ kind: 'publish' }), IllegalDecodeMove);
  t.equal(utterance.decode, before);
});

t.test('growing speech goes on after a restart; its partial is lost', async (t) => {
  const utterance = new Utterance(PIPELINE, 100);
  utterance.move({ kind: 'requestPartial', job: 5 });
  t.equal(utterance.pendingJob, 5);
  const again = restored(utterance);
  t.equal(again.phase.kind, 'idle');
  t.match(again, { sentenceStart: 100, isGrowing: true });
  t.equal(utterance.snapshot(900).lastVoice, 900);
});

t.test('the last decode of ended speech is asked for again after a restart', async (t) => {
  const utterance = new Utterance(PIPELINE, 100);
  utterance.move({ kind: 'requestFinal', request: REQUEST });
  utterance.move({ kind: 'end', end: END, audio: AUDIO });
  t.same(restored(utterance).phase, { kind: 'awaitingAudio', end: END, finalTo: REQUEST.to });
  const silent = new Utterance(PIPELINE, 100);
  silent.move({ kind: 'end', end: END, audio: undefined });
  t.match(restored(silent).phase, { kind: 'complete', decode: undefined }, 'where there was none there is none');
});

t.test('what decodes have shown survives a restart', async (t) => {
  const utterance = new Utterance(PIPELINE, 100);
  utterance.move({ kind: 'requestPartial', job: 5 });
  const { findings } = utterance.decode;
  utterance.move({
    kind: 'dropPartial',
    findings: withSentenceFindings(withFailure(findings), { rejectedLanguageTo: 700 }),
  });
  t.match(restored(utterance).decode.findings, { failures: 1, sentence: { rejectedLanguageTo: 700 } });
});

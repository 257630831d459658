import t from 'tap';
import { AudioRing } from '../../../../server/core/audio/ring.ts';
import { Segmenter } from '../../../../server/core/session/segmenter.ts';
import { PIPELINE } from '../../../../server/core/session/settings.ts';
import type { TrackSnapshot } from '../../../../server/core/session/snapshot.ts';
import { VAD_WINDOW_SAMPLES as WINDOW } from '../../../../server/core/speech/vad-history.ts';

const ENDPOINT = PIPELINE.endpoint;
const MS = 16;

function open(snapshot?: TrackSnapshot, from = 0) {
  const ring = new AudioRing(PIPELINE.ringSeconds * 16_000, from);
  const segmenter = new Segmenter({ pipeline: PIPELINE, ring, from, snapshot });
  let at = from;
  const observe = (probability: number, loudness = 0.2) => {
    ring.write(new Float32Array(WINDOW).fill(loudness));
    at += WINDOW;
    return segmenter.observe(at - WINDOW, at, probability);
  };
  return { ring, segmenter, observe, at: () => at };
}

t.test('windows are quiet until a voice begins, and then voice or silence', async (t) => {
  const { segmenter, observe, at } = open();
  t.equal(observe(0.1), 'quiet');
  t.equal(observe(0.9), 'started');
  segmenter.begin(at() - WINDOW, at(), 0);
  t.equal(observe(0.9), 'voice');
  t.equal(segmenter.lastVoice, at());
  t.equal(observe(0.1), 'silence');
  t.equal(segmenter.lastVoice, at() - WINDOW);
  segmenter.end();
  t.equal(segmenter.lastVoice, at());
});

t.test('sounds below the floor are no voice, whatever the VAD says', async (t) => {
  const { observe } = open();
  t.equal(observe(0.99, 0), 'quiet');
});

t.test('a little audio from before goes with speech, and none that belongs to the speech before', async (t) => {
  const { segmenter } = open();
  const preRoll = PIPELINE.vad.preRollMs * MS;
  t.equal(segmenter.begin(10_000, 10_000 + WINDOW, 0), 10_000 - preRoll);
  t.equal(segmenter.begin(10_000, 10_000 + WINDOW, 9_000), 9_000);
  t.equal(segmenter.begin(100, 100 + WINDOW, 0), 0);
});

t.test('after a short silence it is a pause, after a longer one the speech is over', async (t) => {
  const { segmenter } = open();
  segmenter.begin(0, WINDOW, 0);
  const after = (ms: number): number => WINDOW + ms * MS;
  t.notOk(segmenter.isPause(after(ENDPOINT.speculativeMs - 1)));
  t.ok(segmenter.isPause(after(ENDPOINT.speculativeMs)));
  const finished = { text: 'That is all.', confidence: 1 };
  t.ok(segmenter.isOver(after(ENDPOINT.minMs), finished, ENDPOINT));
  t.notOk(segmenter.isOver(after(ENDPOINT.minMs), { text: 'and then', confidence: 0.3 }, ENDPOINT));
  t.ok(segmenter.isOver(after(ENDPOINT.maxMs), { text: 'and then', confidence: 0.3 }, ENDPOINT));
});

t.test('speech that never pauses is cut at its quietest place before the window is full', async (t) => {
  const { ring, segmenter } = open();
  const hard = PIPELINE.segment.hardMs * MS;
  const samples = new Float32Array(hard).fill(0.3);
  samples.fill(0, hard - 10_000, hard - 9_600);
  ring.write(samples);
  t.equal(segmenter.findCut(1, hard), undefined, 'it has room');
  const cut = segmenter.findCut(0, hard)!;
  t.ok(cut >= hard - 10_000 && cut <= hard - 9_600, `${cut}`);
});

t.test('after a restart windows that were acted on are only looked at again', async (t) => {
  const first = open();
  first.observe(0.9);
  first.segmenter.begin(0, WINDOW, 0);
  first.observe(0.9);
  const { judged, gate } = first.segmenter.snapshot;
  t.same([judged, gate], [2 * WINDOW, 'open']);
  const utterance = {
    anchor: 0,
    lastVoice: 2 * WINDOW,
    decodedTo: 0,
    revision: 0,
    stable: [],
    hanging: '',
    last: [],
    retries: 0,
  };
  const again = open({ judged, gate, language: { streak: 0 }, utterances: [utterance] });
  t.same([again.observe(0.9), again.observe(0.9)], ['replayed', 'replayEnded']);
  t.equal(again.segmenter.lastVoice, 2 * WINDOW);
  t.equal(again.observe(0.9), 'voice', 'it goes on in open speech');
});

/** Speech up to the sample 2 * WINDOW, and silence of so many windows behind it. */
function pause(windows: number) {
  const opened = open();
  const { segmenter, observe, at } = opened;
  observe(0.9);
  segmenter.begin(0, at(), 0);
  observe(0.9);
  for (let i = 0; i < windows; i++) observe(0.1);
  return opened;
}

t.test('the turn detector is asked once in a pause, about the end of the speech', async (t) => {
  const { segmenter, observe, at } = pause(5);
  t.same(segmenter.askAboutTurn(100, at()), { from: 100, to: at() });
  observe(0.1);
  t.equal(segmenter.askAboutTurn(100, at()), undefined);
  observe(0.9);
  for (let i = 0; i < 5; i++) observe(0.1);
  t.same(segmenter.askAboutTurn(100, at()), { from: 100, to: at() }, 'again in the next pause');
  const long = pause(5);
  for (let i = 0; i < 300; i++) long.observe(0.9);
  t.same(long.segmenter.askAboutTurn(100, long.at()), { from: long.at() - 8 * 16_000, to: long.at() }, 'its last 8 s');
});

t.test('nothing is asked when the audio is far ahead of the pause: the answer would come too late', async (t) => {
  const { ring, segmenter, at } = pause(5);
  ring.write(new Float32Array(16_000));
  t.equal(segmenter.askAboutTurn(0, at()), undefined);
});

t.test('an answer makes the wait shorter or longer, and one about another pause does not', async (t) => {
  const { segmenter, observe, at } = pause(5);
  const reading = { text: 'That is all.', confidence: 0.9 };
  const after = (ms: number): number => segmenter.lastVoice + ms * MS;
  const isOver = (ms: number): boolean => segmenter.isOver(after(ms), reading, ENDPOINT);
  segmenter.askAboutTurn(0, at());
  t.same([ENDPOINT.minMs - 1, ENDPOINT.minMs].map(isOver), [false, true], 'before the answer');
  t.notOk(segmenter.noteTurnEnd(at() - WINDOW, 0.99), 'that was never asked');
  t.same([ENDPOINT.minMs - 1, ENDPOINT.minMs].map(isOver), [false, true]);
  t.ok(segmenter.noteTurnEnd(at(), 0.99));
  t.ok(isOver(ENDPOINT.completeMs), 'the speaker is done');
  const asked = at();
  observe(0.9);
  t.notOk(segmenter.noteTurnEnd(asked, 0.01), 'the speaker went on meanwhile');
  for (let i = 0; i < 5; i++) observe(0.1);
  t.same([ENDPOINT.minMs - 1, ENDPOINT.minMs].map(isOver), [false, true], 'in the next pause it is unknown again');
  segmenter.askAboutTurn(0, at());
  segmenter.noteTurnEnd(at(), 0.01);
  t.notOk(isOver(ENDPOINT.minMs), 'the speaker may go on');
  const isOpenOver = (ms: number): boolean =>
    segmenter.isOver(after(ms), { text: 'and then', confidence: 0.9 }, ENDPOINT);
  t.same([ENDPOINT.maxMs, ENDPOINT.incompleteMs].map(isOpenOver), [false, true], 'but not for ever');
});

t.test('after a restart the question about a pause is asked anew', async (t) => {
  const { segmenter, at } = pause(5);
  segmenter.askAboutTurn(0, at());
  const utterance = { anchor: 0, lastVoice: segmenter.lastVoice, decodedTo: 0, revision: 0, stable: [], hanging: '' };
  const track = { ...segmenter.snapshot, language: {}, utterances: [{ ...utterance, last: [], retries: 0 }] };
  const again = open(track as never);
  for (let i = 0; i < 7; i++) again.observe(0.1);
  t.equal(again.observe(0.1), 'silence');
  t.same(again.segmenter.askAboutTurn(0, again.at()), { from: 0, to: again.at() });
});

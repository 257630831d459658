import t from 'tap';
import type { EventBody } from '../../../../protocol/index.ts';
import type { SessionInput } from '../../../../server/core/session/inputs.ts';
import type { SessionOutput } from '../../../../server/core/session/outputs.ts';
import { SessionCore } from '../../../../server/core/session/session.ts';
import { PIPELINE, type SessionSettings } from '../../../../server/core/session/settings.ts';
import type { SessionSnapshot } from '../../../../server/core/session/snapshot.ts';
import { VAD_WINDOW_SAMPLES as WINDOW } from '../../../../server/core/speech/vad-history.ts';
import { SETTINGS } from '../../../support/session-settings.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

const ENDPOINT = { minMs: 400, maxMs: 1_000 };
/** Each word takes so long, samples. */
const WORD = 4_800;

/** A session that is answered by hand: `says` is what the recogniser finds in audio from the start on. */
function open(endpoint: Partial<SessionSettings['endpoint']>) {
  const settings = { ...SETTINGS, endpoint: { ...ENDPOINT, ...endpoint } };
  let core = new SessionCore(settings, PIPELINE);
  let says = '';
  let isHeld = false;
  let jobs: number[] = [];
  let voice = 0;
  let queue: SessionInput[] = [];
  /** What the VAD says of each window, also when it looks at it again. */
  const verdicts: number[] = [];
  const events: EventBody[] = [];
  const take = (outputs: readonly SessionOutput[]): void => {
    for (const output of outputs) {
      if (output.kind === 'detect') {
        const { channel, from, to } = output;
        verdicts[from / WINDOW] ??= voice;
        queue.push({ kind: 'probability', channel, from, to, value: verdicts[from / WINDOW]! });
      }
      if (output.kind === 'recognise') jobs.push(output.job);
      if (output.kind === 'forget') jobs = jobs.filter((job) => job !== output.job);
      if (output.kind === 'event') events.push(output.event);
    }
  };
  const work = (): void => {
    while (queue.length > 0 || (!isHeld && jobs.length > 0)) {
      const input = queue.shift();
      if (input !== undefined) take(core.handle(input));
      else decode(jobs.shift()!);
    }
  };
  const decode = (job: number): void => {
    const span = core.take(job);
    if (span === undefined) return;
    const to = span.fromSample + span.samples.length;
    const words = says
      .split(' ')
      .filter((text) => text !== '')
      .map((text, i) => ({
        text,
        space: true,
        from: 8_000 + i * WORD,
        to: 8_000 + (i + 1) * WORD - 800,
        confidence: 0.99,
      }))
      .filter((word) => word.from >= span.fromSample - 800 && word.to <= to);
    take(core.handle({ kind: 'hypothesis', job, hypothesis: sureHypothesis(words) }));
  };
  const hear = (ms: number, probability: number): void => {
    voice = probability;
    for (let i = 0; i < Math.round((ms * 16) / WINDOW); i++) {
      take(core.handle({ kind: 'audio', channels: [new Float32Array(WINDOW).fill(probability > 0.5 ? 0.2 : 0.001)] }));
      work();
    }
  };
  return {
    hear,
    events,
    say: (text: string) => {
      says = text;
    },
    hold: (held: boolean) => {
      isHeld = held;
      work();
    },
    handle: (input: SessionInput) => {
      take(core.handle(input));
      work();
    },
    restart: () => {
      const snapshot = JSON.parse(JSON.stringify(core.snapshot)) as SessionSnapshot;
      const received = core.receivedSamples;
      core = new SessionCore(settings, PIPELINE, snapshot);
      jobs = [];
      queue = [];
      take(core.handle({ kind: 'audio', channels: [new Float32Array(received - snapshot.from).fill(0.2)] }));
      work();
    },
    /** What happened, without partials: texts of finals and announcements, and names of the rest. */
    told: () =>
      events.flatMap((event) => {
        if (event.type === 'final') return [`final ${event.text}`];
        if (event.type === 'turn') return [event.state === 'eager' ? `eager ${event.text}` : event.state];
        if (event.type === 'speech') return [event.state];
        return event.type === 'gap' ? [`gap ${event.wordMs}`] : [];
      }),
  };
}

t.test('a likely end is announced with the text that the finals then have', async (t) => {
  const { hear, say, told, events } = open({ eagerConfidence: 0.4 });
  hear(500, 0.02);
  say('So it is. That is all.');
  hear(2_000, 0.95);
  hear(256, 0.02);
  t.match(told().at(-1), /^eager .*That is all\.$/);
  hear(300, 0.02);
  const [announced] = events.filter((event) => event.type === 'turn');
  const at = events.indexOf(announced!);
  const finals = events.slice(at).flatMap((event) => (event.type === 'final' ? [event.text] : []));
  t.equal(finals.join(' '), announced!.type === 'turn' ? announced!.text : '');
  t.notOk(told().includes('resumed'));
  t.match(announced, { confidence: 0.439 });
  t.match(
    events.filter((event) => event.type === 'speech').at(-1),
    { state: 'end', confidence: 0.714 },
    'and the end says how sure it is',
  );
});

t.test('who goes on withdraws it, and a later pause announces anew', async (t) => {
  const { hear, say, told } = open({ eagerConfidence: 0.4 });
  hear(500, 0.02);
  say('We went home');
  hear(1_000, 0.95);
  hear(400, 0.02);
  t.same(told(), ['start', 'eager We went home']);
  say('We went home and slept well.');
  hear(1_000, 0.95);
  t.same(told().slice(2), ['resumed']);
  hear(600, 0.02);
  t.same(told().slice(3), ['eager We went home and slept well.', 'end', 'final We went home and slept well.']);
});

t.test('nothing is announced unless the client asks for it, nor before the decode is there', async (t) => {
  const silent = open({});
  silent.hear(500, 0.02);
  silent.say('That is all.');
  silent.hear(1_000, 0.95);
  silent.hear(1_500, 0.02);
  t.same(silent.told(), ['start', 'end', 'final That is all.']);
  const late = open({ eagerConfidence: 0.3 });
  late.hear(500, 0.02);
  late.say('That is all.');
  late.hear(1_000, 0.95);
  late.hold(true);
  late.hear(300, 0.02);
  t.same(late.told(), ['start']);
  late.hold(false);
  t.same(late.told(), ['start', 'eager That is all.']);
});

t.test('what was announced holds over a restart, or is withdrawn after it', async (t) => {
  for (const [now, want] of [
    ['That is all.', []],
    ['That is all folks.', ['resumed', 'eager That is all folks.']],
  ] as const) {
    const { hear, say, told, restart } = open({ eagerConfidence: 0.4, confidence: 0.9 });
    hear(500, 0.02);
    say('That is all.');
    hear(1_200, 0.95);
    hear(300, 0.02);
    t.same(told(), ['start', 'eager That is all.']);
    say(now);
    restart();
    hear(1_000, 0.02);
    t.same(told().slice(2), [...want, 'end', `final ${now}`]);
  }
});

t.test('finals that are not as announced withdraw it first, and none is withdrawn after its finals', async (t) => {
  const { hear, say, told, restart, handle } = open({ eagerConfidence: 0.4, confidence: 0.9 });
  hear(500, 0.02);
  say('That is all.');
  hear(1_200, 0.95);
  hear(300, 0.02);
  say('That is all folks.');
  restart();
  handle({ kind: 'flush', id: undefined });
  t.same(told(), ['start', 'eager That is all.', 'end', 'resumed', 'final That is all folks.']);
  const other = open({ eagerConfidence: 0.4 });
  other.hear(500, 0.02);
  other.say('That is all.');
  other.hear(1_200, 0.95);
  other.hear(1_000, 0.02);
  other.hear(500, 0.95);
  t.same(other.told(), ['start', 'eager That is all.', 'end', 'final That is all.', 'start']);
});

t.test('confidence makes every wait longer or shorter, and 1 waits for the gap', async (t) => {
  const waited = (endpoint: Partial<SessionSettings['endpoint']>): number => {
    const { hear, say, told } = open(endpoint);
    hear(500, 0.02);
    say('That is all.');
    hear(1_000, 0.95);
    let windows = 0;
    while (!told().includes('end') && windows < 300) {
      hear(32, 0.02);
      windows++;
    }
    return windows * 32;
  };
  t.equal(waited({}), 416);
  t.equal(waited({ confidence: 0.7 }), 416);
  t.equal(waited({ confidence: 0.5 }), 256);
  t.equal(waited({ confidence: 0.9 }), 768);
  t.equal(waited({ confidence: 1, gapMs: 3_000 }), 3_008);
  t.equal(waited({ confidence: 1 }), 5_024);
});

t.test('in noise speech is over when no word follows, and the gap is reported once', async (t) => {
  const { hear, say, told, handle } = open({ gapMs: 1_000 });
  hear(500, 0.02);
  say('That is all.');
  hear(1_400, 0.95);
  t.same(told(), ['start'], 'words are fresh');
  hear(1_000, 0.95);
  t.same(told(), ['start', 'end', 'final That is all.', 'start', 'gap 1350']);
  hear(4_000, 0.95);
  hear(4_000, 0.02);
  handle({ kind: 'finish' });
  t.same(told().slice(5), ['end'], 'and neither noise nor silence brings another');
});

t.test('in silence the gap is counted in audio, whatever the endpoint has found before', async (t) => {
  for (const quiet of [0, 0.02, 0.1]) {
    const { hear, say, told } = open({ gapMs: 2_000 });
    hear(500, 0.02);
    say('That is all.');
    hear(1_000, 0.95);
    hear(1_600, quiet);
    t.same(told(), ['start', 'end', 'final That is all.']);
    hear(400, quiet);
    t.same(told().slice(3), ['gap 1350']);
    hear(5_000, quiet);
    t.equal(told().length, 4);
  }
});

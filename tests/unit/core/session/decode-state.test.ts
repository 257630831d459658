import t from 'tap';
import { type DecodeFindings, NO_FINDINGS } from '../../../../server/core/session/decode-findings.ts';
import {
  applyMove,
  type DecodeMove,
  type DecodePhase,
  type DecodeState,
  endOf,
  IllegalDecodeMove,
  newDecodeState,
  pendingJob,
} from '../../../../server/core/session/decode-state.ts';
import fc from '../../../support/fast-check.ts';
import { sureHypothesis } from '../../../support/sure-hypothesis.ts';

type PhaseName = DecodePhase['kind'];
type MoveName = DecodeMove['kind'];

/** The legal moves, stated once more by hand: phase, move, next phase. */
const LEGAL = `
idle                 requestPartial  partialRequested
idle                 requestFinal    speculationRequested
idle                 beginSentence   idle
idle                 end             complete
idle                 forgetLanguage  idle
partialRequested     startPartial    partialRunning
partialRequested     dropPartial     idle
partialRequested     forgetLanguage  partialRequested
partialRunning       readPartial     idle
partialRunning       dropPartial     idle
partialRunning       forgetLanguage  partialRunning
speculationRequested startFinal      speculationRunning
speculationRequested requestFinal    speculationRequested
speculationRequested resume          idle
speculationRequested keepPause       pauseRequested
pauseRequested       startFinal      partialRunning
pauseRequested       dropPartial     idle
pauseRequested       forgetLanguage  pauseRequested
speculationRequested setAside        idle
speculationRequested end             finalRequested
speculationRequested forgetLanguage  speculationRequested
speculationRunning   readFinal       speculationDecoded
speculationRunning   requestFinal    speculationRequested
speculationRunning   resume          idle
speculationRunning   keepPause       partialRunning
speculationRunning   setAside        idle
speculationRunning   end             finalRunning
speculationRunning   forgetLanguage  speculationRunning
speculationDecoded   resume          idle
speculationDecoded   end             complete
speculationDecoded   forgetLanguage  speculationDecoded
awaitingAudio        requestFinal    finalRequested
awaitingAudio        forgetLanguage  awaitingAudio
finalRequested       startFinal      finalRunning
finalRequested       requestFinal    finalRequested
finalRequested       setAside        complete
finalRequested       forgetLanguage  finalRequested
finalRunning         readFinal       complete
finalRunning         requestFinal    finalRequested
finalRunning         setAside        complete
finalRunning         forgetLanguage  finalRunning
complete             publish         published
complete             forgetLanguage  complete
`;
const NEXT = new Map(
  LEGAL.trim()
    .split('\n')
    .map((line) => line.split(/\s+/) as [PhaseName, MoveName, PhaseName])
    .map(([from, move, to]) => [`${from} ${move}`, to]),
);

const findings: fc.Arbitrary<DecodeFindings> = fc.record({
  failures: fc.nat(3),
  omitsLeftContext: fc.boolean(),
  sentence: fc.record({
    isLanguageConfirmed: fc.boolean(),
    rejectedLanguageTo: fc.option(fc.nat(500_000), { nil: undefined }),
    suspected: fc.constant(undefined),
    rival: fc.constant({ language: 'de', averageLogProbability: -0.3 }),
    language: fc.constant('de'),
    omitsVocabulary: fc.boolean(),
    model: fc.constantFrom(undefined, { name: undefined }, { name: 'small' }),
  }),
});
const end = fc.record({ at: fc.nat(500_000), lastVoice: fc.nat(500_000) });

/** Everything that some move carries, and which move is made. */
const step = fc.record({
  pick: fc.noBias(fc.nat(1_000)),
  isLegal: fc.noBias(fc.boolean()),
  job: fc.integer({ min: 1, max: 1_000_000 }),
  at: fc.nat(500_000),
  findings,
  end,
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const audio = { from: 0, samples: new Float32Array(8) };
const MOVES: { readonly [Name in MoveName]: (step: Step) => Extract<DecodeMove, { kind: Name }> } = {
  requestPartial: ({ job }) => ({ kind: 'requestPartial', job }),
  startPartial: ({ at, findings }) => ({ kind: 'startPartial', to: at, leftContext: undefined, findings }),
  readPartial: ({ findings }) => ({ kind: 'readPartial', findings }),
  dropPartial: ({ at, findings }) => ({ kind: 'dropPartial', ...(at % 2 === 0 ? { findings } : {}) }),
  requestFinal: ({ job, at, findings }) => ({
    kind: 'requestFinal',
    request: { job, from: 0, to: at, language: 'en', leftContext: undefined },
    audio,
    ...(at % 2 === 0 ? { findings } : {}),
  }),
  startFinal: ({ findings }) => ({ kind: 'startFinal', findings }),
  readFinal: ({ findings }) => ({ kind: 'readFinal', hypothesis: sureHypothesis([]), findings }),
  setAside: ({ findings }) => ({ kind: 'setAside', findings }),
  resume: () => ({ kind: 'resume' }),
  keepPause: ({ at }) => ({ kind: 'keepPause', pause: at }),
  beginSentence: ({ at }) => ({ kind: 'beginSentence', at }),
  end: ({ end }) => ({ kind: 'end', end, audio }),
  forgetLanguage: () => ({ kind: 'forgetLanguage' }),
  publish: () => ({ kind: 'publish' }),
};
const NAMES = Object.keys(MOVES) as MoveName[];

/** Half of the moves are legal ones, so that every phase is entered often. */
function moveOf(state: DecodeState, { pick, isLegal, ...rest }: Step): DecodeMove {
  const legal = NAMES.filter((name) => NEXT.has(`${state.phase.kind} ${name}`));
  const names = isLegal && legal.length > 0 ? legal : NAMES;
  return MOVES[names[pick % names.length]!]({ pick, isLegal, ...rest });
}

/** A new utterance, or one restored with its final decode still to be asked for. */
const start: fc.Arbitrary<DecodeState> = fc.oneof(
  fc.nat(100_000).map(newDecodeState),
  fc.tuple(fc.nat(100_000), end).map(([sentenceStart, end]) => ({
    phase: { kind: 'awaitingAudio' as const, end, finalTo: end.at },
    sentenceStart,
    decodedTo: sentenceStart,
    findings: NO_FINDINGS,
  })),
);

/** Walks through the phases at random, and checks what each move does. */
function walk(check: (before: DecodeState, move: DecodeMove, after: DecodeState | IllegalDecodeMove) => void): void {
  fc.assert(
    fc.property(start, fc.array(step, { minLength: 20, maxLength: 100 }), (first, steps) => {
      let state = frozen(first);
      for (const one of steps) {
        const move = moveOf(state, one);
        const after = attempt(state, move);
        check(state, move, after);
        if (!(after instanceof IllegalDecodeMove)) state = frozen(after);
        // From the end a new walk begins.
        if (state.phase.kind === 'published') state = first;
      }
    }),
    { numRuns: 200 },
  );
}

function frozen<Value extends object>(value: Value): Value {
  for (const part of Object.values(value))
    if (typeof part === 'object' && part !== null && !ArrayBuffer.isView(part)) frozen(part as object);
  return Object.freeze(value);
}

function attempt(state: DecodeState, one: DecodeMove): DecodeState | IllegalDecodeMove {
  try {
    return applyMove(state, one);
  } catch (error) {
    if (error instanceof IllegalDecodeMove) return error;
    throw error;
  }
}

t.test('a move is legal where it is listed and nowhere else, and leads where it says', async (t) => {
  const seen = new Set<string>();
  const tried = new Set<string>();
  walk((before, one, after) => {
    const key = `${before.phase.kind} ${one.kind}`;
    tried.add(key);
    const got = after instanceof IllegalDecodeMove ? undefined : after.phase.kind;
    if (got !== NEXT.get(key)) throw new Error(`${key} leads to ${got}, not to ${NEXT.get(key)}`);
    if (got !== undefined) seen.add(key);
  });
  t.same(
    [...NEXT.keys()].filter((key) => !seen.has(key)),
    [],
    'every legal move was made',
  );
  t.ok(tried.size > 2 * NEXT.size, `and ${tried.size - NEXT.size} illegal ones were tried`);
});

t.test('a move, legal or not, leaves the state before it as it was', async () => {
  // `walk` freezes every state: a move that wrote to one would throw something else than `IllegalDecodeMove`.
  walk((before, one) => {
    if (!Object.isFrozen(before.findings.sentence)) throw new Error(`the state before ${one.kind} is not frozen`);
  });
});

t.test('speech that has ended stays ended, at the same place', async () => {
  walk((before, one, after) => {
    if (after instanceof IllegalDecodeMove) return;
    const [was, is] = [endOf(before), endOf(after)];
    if (was !== undefined && is !== was) throw new Error(`${one.kind} moved the end`);
    if (was === undefined && is !== undefined && one.kind !== 'end') throw new Error(`${one.kind} ended the speech`);
  });
});

t.test('one job is awaited at most: the one asked for last, until it is answered or given up', async () => {
  const ASKS: readonly MoveName[] = ['requestPartial', 'requestFinal'];
  const ENDS: readonly MoveName[] = ['readPartial', 'dropPartial', 'readFinal', 'setAside', 'resume'];
  walk((before, one, after) => {
    if (after instanceof IllegalDecodeMove) return;
    const [was, is] = [pendingJob(before), pendingJob(after)];
    const asked = one.kind === 'requestPartial' ? one.job : one.kind === 'requestFinal' ? one.request.job : undefined;
    if (ASKS.includes(one.kind) && is !== asked) throw new Error(`${asked} was asked for, ${is} is awaited`);
    if (ENDS.includes(one.kind) && is !== undefined) throw new Error(`${one.kind} leaves ${is} awaited`);
    if (![...ASKS, ...ENDS].includes(one.kind) && is !== was) throw new Error(`${one.kind} turned ${was} into ${is}`);
  });
});

t.test('the audio of a decode that is wanted after the end is kept', async () => {
  walk((_, one, after) => {
    if (after instanceof IllegalDecodeMove) return;
    const isKept = 'audio' in after.phase && after.phase.audio.samples.length > 0;
    const isNeeded = endOf(after) !== undefined && pendingJob(after) !== undefined;
    if (isNeeded !== isKept)
      throw new Error(`after ${one.kind} in ${after.phase.kind} audio is ${isKept ? '' : 'not '}kept`);
  });
});

t.test(
  'a sentence begins, a partial reaches further and something is found out only where a move says so',
  async () => {
    walk((before, one, after) => {
      if (after instanceof IllegalDecodeMove) return;
      const begun = one.kind === 'beginSentence' ? one.at : before.sentenceStart;
      const reached = one.kind === 'startPartial' ? one.to : before.decodedTo;
      if (after.sentenceStart !== begun) throw new Error(`${one.kind} moved the sentence`);
      if (after.decodedTo !== reached) throw new Error(`${one.kind} moved the reach`);
      const carried = 'findings' in one && one.findings !== undefined ? one.findings : before.findings;
      const { isLanguageConfirmed, language, omitsVocabulary, model } = carried.sentence;
      const want =
        one.kind === 'beginSentence'
          ? { ...carried, sentence: { ...NO_FINDINGS.sentence, isLanguageConfirmed, language } }
          : one.kind === 'forgetLanguage'
            ? { ...carried, sentence: { ...NO_FINDINGS.sentence, omitsVocabulary, model } }
            : carried;
      if (JSON.stringify(after.findings) !== JSON.stringify(want)) throw new Error(`${one.kind} changed the findings`);
    });
  },
);

t.test('from every phase an utterance can be published in a few moves, of those that always come', async (t) => {
  const ALWAYS: readonly MoveName[] = ['dropPartial', 'requestFinal', 'startFinal', 'readFinal', 'end', 'publish'];
  const phases = new Set([...NEXT].flatMap(([key, to]) => [key.split(' ')[0] as PhaseName, to]));
  let open = new Set<PhaseName>(['published']);
  for (let moves = 0; moves < 4; moves++) {
    const leadsOut = (from: PhaseName): boolean =>
      ALWAYS.some((name) => open.has(NEXT.get(`${from} ${name}`) as PhaseName));
    open = new Set([...phases].filter((phase) => open.has(phase) || leadsOut(phase)));
  }
  t.same(
    [...phases].filter((phase) => !open.has(phase)),
    [],
    'no dead end',
  );
});

t.test('what is illegal is said in words', async (t) => {
  t.throws(() => applyMove(newDecodeState(0), { kind: 'publish' }), {
    name: 'IllegalDecodeMove',
    message: "An utterance's decoding cannot publish in phase idle.",
  });
});

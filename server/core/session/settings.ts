import type { Configure } from '../../../protocol/index.ts';
import type { EndpointOptions, TurnWeights } from '../speech/endpoint.ts';
import { GATE_THRESHOLDS } from '../speech/gate.ts';
import type { LeftContextOptions } from './left-context.ts';

/** Constants of the pipeline, from the server's options. Durations are ms; the core turns them into samples. */
export interface PipelineOptions {
  readonly vad: {
    /** Probability at or above which silence becomes speech. */
    readonly open: number;
    /** Probability below which speech may become silence. */
    readonly close: number;
    /** Speech shorter than this is not decoded. */
    readonly minSpeechMs: number;
    /** Audio from before the gate opened that belongs to the speech: first phonemes are quiet. */
    readonly preRollMs: number;
    /** Peak level (RMS of the loudest window, 0-1) below which a span is not speech. */
    readonly levelFloor: number;
  };
  readonly endpoint: {
    readonly speculativeMs: number;
    readonly minMs: number;
    readonly maxMs: number;
    readonly completeMs: number;
    readonly incompleteMs: number;
  };
  /** What the turn detector's answers mean; undefined where there is none, and it is not asked. */
  readonly turn: TurnWeights | undefined;
  readonly commit: {
    /** `trust`: by the evidence for each word; `agreement`: LocalAgreement-2 with early commit; `edge`: one decode, away from the edge; `plain`: LocalAgreement-2 as published. */
    readonly policy: 'trust' | 'agreement' | 'edge' | 'plain';
    /** `trust`: a word at least this likely to be right is stable, 0-1. */
    readonly chance: number;
    /** `trust`: so is a word that this many decodes in a row have had before. */
    readonly patience: number;
    /** `trust`: so is a word that one decode has had before, this far behind the edge. */
    readonly patienceMs: number;
    /** A word this near the growing edge is never stable. */
    readonly edgeMs: number;
    /** `agreement`: a word with at least this confidence, `earlyMs` behind the edge, is stable after one decode; above 1 never. */
    readonly earlyConfidence: number;
    readonly earlyMs: number;
    /** Nothing is stable in less audio: without context the first words are often misheard, twice in the same way. */
    readonly leastMs: number;
  };
  readonly show: {
    /** A tentative word is shown when it is at least this likely to stay, 0-1. */
    readonly chance: number;
    /** The same while nothing of a sentence is on screen, where the first word should come soon. */
    readonly firstChance: number;
    /** For how many decodes words on screen stay when a decode has others in their place and is not sure of them. */
    readonly holdDecodes: number;
    /** Voice needed before the first partial, because less gives no word. */
    readonly firstMs: number;
    /** New audio between two partials while nothing of a sentence is on screen; later it is `partialEveryMs`. */
    readonly firstEveryMs: number;
  };
  /** How sentences end in the middle of speech where decodes come too seldom for the next word to become stable in time. */
  readonly sentenceEnd: {
    /** Decodes come seldom when one takes longer than this on average, */
    readonly slowMs: number;
    /** or when there is more time than this between two partials. */
    readonly seldomMs: number;
    /** A sentence has ended when decodes in a row have its end in the same place while this much audio is added. */
    readonly agreedMs: number;
    /** It has ended in a pause, however short, when the decode up to that pause gives its last word at least this confidence. */
    readonly confidence: number;
  };
  readonly segment: {
    /** Speech longer than this is cut at the widest gap between stable words. */
    readonly softMs: number;
    /** Speech is cut here in any case. Below 30 s. */
    readonly hardMs: number;
  };
  /** When a decode begins with the sentence before the open one. */
  readonly leftContext: LeftContextOptions;
  /** How sentences are heard a second time. */
  readonly secondHearing: {
    /** They are decoded together with as many before them as take at least, */
    readonly leastMs: number;
    /** and at most so long. */
    readonly mostMs: number;
    /** As in `DecodeJob`. */
    readonly windowFloor: number;
    readonly beamSize: number;
    readonly temperatures: readonly number[];
  };
  readonly ringSeconds: number;
  readonly partialEveryMs: number;
  /** How much of the previous finals goes into the recogniser's prompt, characters; 0 is none. */
  readonly contextChars: number;
  /** Whether stable words are fed to the recogniser as a forced prefix. */
  readonly forcedPrefix: boolean;
  readonly models: {
    /** Name of the server's own speech model. */
    readonly own: string;
    /** Name of the one that English sessions may be moved to under load. */
    readonly small: string | undefined;
    /** Whether `small` hears English whatever the load, because `own` is too slow on this machine; default no. */
    readonly isEnglishSmall?: boolean | undefined;
    /** The model that hears stretches again; undefined is the one that heard them first. */
    readonly second?: { readonly name: string; readonly isMultilingual: boolean } | undefined;
    /** Name of the model that the client was told at the start; default `own`. */
    readonly announced?: string | undefined;
  };
}

/** Measured defaults; `tests/bench/README.md` has the tables they come from. */
export const PIPELINE: PipelineOptions = {
  vad: { ...GATE_THRESHOLDS.silero, minSpeechMs: 250, preRollMs: 300, levelFloor: 0.0003 },
  endpoint: { speculativeMs: 150, minMs: 300, maxMs: 1_000, completeMs: 250, incompleteMs: 1_300 },
  turn: { sound: 0.08, confidence: 0.3, open: -1.3, bare: -0.6, sure: 0.7, complete: 0.5, incomplete: -0.41 },
  commit: {
    policy: 'trust',
    chance: 0.85,
    patience: 3,
    patienceMs: 1_500,
    edgeMs: 300,
    earlyConfidence: 0.95,
    earlyMs: 600,
    leastMs: 1_500,
  },
  show: { chance: 0.94, firstChance: 0.6, holdDecodes: 3, firstMs: 160, firstEveryMs: 100 },
  sentenceEnd: { slowMs: 200, seldomMs: 350, agreedMs: 500, confidence: 0.84 },
  segment: { softMs: 12_000, hardMs: 25_000 },
  leftContext: { ms: 5_000, tailMs: 2_500, gapMs: 1_500, decodeMs: 1_000 },
  secondHearing: {
    leastMs: 20_000,
    mostMs: 28_000,
    windowFloor: 1_500,
    beamSize: 5,
    temperatures: [0],
  },
  ringSeconds: 45,
  partialEveryMs: 200,
  contextChars: 200,
  forcedPrefix: false,
  models: { own: 'own', small: undefined },
};

/** The settings of one session: the client's `start` over the server's options. */
export interface SessionSettings {
  readonly channels: number;
  readonly language: string;
  readonly languages: readonly string[];
  readonly task: 'transcribe' | 'translate';
  readonly model: string | undefined;
  readonly vocabulary: readonly string[];
  readonly partials: { readonly mode: 'revisable' | 'stable' | 'off'; readonly everyMs: number };
  readonly cleanup: { readonly mode: 'default' | 'llm' | 'openai' | 'rules' | 'off'; readonly instruction: string };
  readonly endpoint: EndpointOptions;
  /** `recording`: nobody waits for single words, so speech is decoded in stretches as long as a window, without partials; default `live`. */
  readonly source?: 'live' | 'recording' | undefined;
  /** Languages to translate into, whether or not anybody watches; undefined where nothing is translated. */
  readonly translations?: readonly string[] | undefined;
  /** Whether sentences are heard a second time; default no. */
  readonly revise?: boolean | undefined;
}

/** The settings after a client's `configure`: what it does not mention stays. */
export function changeSettings(settings: SessionSettings, change: Configure): SessionSettings {
  const { partials, cleanup, endpoint } = settings;
  return {
    ...settings,
    language: change.language ?? settings.language,
    languages: change.languages ?? settings.languages,
    vocabulary: change.vocabulary ?? settings.vocabulary,
    partials: { mode: change.partials?.mode ?? partials.mode, everyMs: change.partials?.everyMs ?? partials.everyMs },
    cleanup: {
      mode: change.cleanup?.mode ?? cleanup.mode,
      instruction: change.cleanup?.instruction ?? cleanup.instruction,
    },
    endpoint: changeEndpoint(endpoint, change.endpoint),
  };
}

/** The endpoint after a client's change. The waits that a client sets are bounds, which the turn detector keeps, too. */
export function changeEndpoint(endpoint: EndpointOptions, change: Configure['endpoint']): EndpointOptions {
  if (change === undefined) return endpoint;
  const { minMs, maxMs, confidence, eagerConfidence, gapMs } = change;
  const setsWaits = minMs !== undefined || maxMs !== undefined;
  return {
    ...(setsWaits ? { minMs: minMs ?? endpoint.minMs, maxMs: maxMs ?? endpoint.maxMs } : endpoint),
    confidence: confidence ?? endpoint.confidence,
    // Null turns it off.
    eagerConfidence: eagerConfidence === undefined ? endpoint.eagerConfidence : (eagerConfidence ?? undefined),
    gapMs: gapMs ?? endpoint.gapMs,
  };
}

/** Whether other languages are expected now. */
export function isLanguageChange(before: SessionSettings, now: SessionSettings): boolean {
  return before.language !== now.language || before.languages.join() !== now.languages.join();
}

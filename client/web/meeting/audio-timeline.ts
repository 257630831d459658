import type { StoredAudio } from '../../../protocol/transcripts.ts';
import type { SpokenSentence } from './meeting-state.ts';
import { findSentenceAt } from './note-links.ts';

/** A session whose audio is kept. Its streams, one for each voice, begin together and are played together. */
export interface AudioPart {
  readonly part: number;
  /** On the timeline of the meeting, ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Longest first. */
  readonly streams: readonly StoredAudio[];
}

/** What is played: a session, and one voice of it, or all without a channel. */
export interface Playing {
  readonly part: number;
  readonly channel: number | undefined;
}

/** A piece of the audio of one voice, to be saved as a file. */
export interface ClipPlan {
  readonly part: number;
  readonly channel: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Words begin a little before their times and end a little behind them, ms. */
const CLIP_MARGIN_MS = 250;
/** Sentences before the newest one that may still be spoken, because another voice interrupted them. */
const OVERLAPS_MAX = 16;

/** The sessions whose audio is kept, in the order in which they are played. */
export function groupByPart(audio: readonly StoredAudio[]): readonly AudioPart[] {
  const parts = new Map<number, StoredAudio[]>();
  for (const stream of audio) {
    if (stream.durationMs > 0) parts.set(stream.part, [...(parts.get(stream.part) ?? []), stream]);
  }
  return [...parts]
    .map(([part, streams]) => {
      const longest = [...streams].sort((a, b) => b.durationMs - a.durationMs || a.channel - b.channel);
      const [{ fromMs, durationMs }] = longest as [StoredAudio];
      return { part, fromMs, toMs: fromMs + durationMs, streams: longest };
    })
    .sort((a, b) => a.fromMs - b.fromMs);
}

/** The voices whose audio is kept, by channel. */
export const listChannels = (audio: readonly StoredAudio[]): readonly number[] =>
  [...new Set(audio.map(({ channel }) => channel))].sort((a, b) => a - b);

/** Length of all audio that is kept, ms; voices that are played together count once. */
export const computeKeptMs = (parts: readonly AudioPart[]): number =>
  parts.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);

/**
 * The session to play at a time: the one that is going on then, else the next. Undefined behind the last. The audio of a session
 * ends some milliseconds behind the begin of the next one, which counts.
 */
export const findPartAt = (parts: readonly AudioPart[], atMs: number): AudioPart | undefined =>
  parts.findLast(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs) ?? parts.find(({ toMs }) => atMs < toMs);

/**
 * The sentence that is heard at a time: of those that are still being spoken the one that began last, and in a pause the last one.
 * Sentences of other sessions, and of voices that are not played, are never it.
 */
export function findPlayedSentence(
  sentences: readonly SpokenSentence[],
  atMs: number,
  { part, channel }: Playing,
): SpokenSentence | undefined {
  const newest = findSentenceAt(sentences, atMs);
  if (newest === undefined) return undefined;
  let last: SpokenSentence | undefined;
  let seen = 0;
  for (let i = sentences.lastIndexOf(newest); i >= 0 && seen < OVERLAPS_MAX; i--) {
    const sentence = sentences[i]!;
    if (getPart(sentence) !== part) break;
    if (channel !== undefined && sentence.channel !== channel) continue;
    if (atMs < sentence.toMs) return sentence;
    last ??= sentence;
    seen++;
  }
  return last;
}

/**
 * The pieces of audio to save for some sentences: one for each session and voice among them. Those of one session have the same
 * begin and end, so that they fit together. Sentences without kept audio are left out.
 */
export function planClips(sentences: readonly SpokenSentence[], audio: readonly StoredAudio[]): readonly ClipPlan[] {
  const plans: ClipPlan[] = [];
  for (const { part, channel, fromMs, durationMs } of audio) {
    const ofPart = sentences.filter((sentence) => getPart(sentence) === part);
    if (!ofPart.some((sentence) => sentence.channel === channel)) continue;
    const from = Math.min(...ofPart.map((sentence) => sentence.fromMs)) - CLIP_MARGIN_MS;
    const to = Math.max(...ofPart.map((sentence) => sentence.toMs)) + CLIP_MARGIN_MS;
    const plan = { fromMs: Math.round(Math.max(from, fromMs)), toMs: Math.round(Math.min(to, fromMs + durationMs)) };
    if (plan.fromMs < plan.toMs) plans.push({ part, channel, ...plan });
  }
  return plans;
}

/** The number of a sentence's session: the first part of its key. */
const getPart = ({ key }: SpokenSentence): number => Number(key.slice(0, key.indexOf('.')));

import { getModelPath } from '../../models/locate.ts';
import { findModel } from '../../models/registry.ts';
import type { Word } from '../../server/core/hypothesis.ts';
import { findQuietestOffset } from '../../server/core/sentence/cut.ts';
import type { PipelineOptions, SessionSettings } from '../../server/core/session/settings.ts';
import { VAD_WINDOW_SAMPLES } from '../../server/core/speech/vad-history.ts';
import { SAMPLE_RATE } from '../../server/core/time.ts';
import { NativeEngine } from '../../server/engine/child/whisper-native.ts';
import { FULL_WINDOW } from '../../server/engine/native/defaults.ts';
import type { SpeechModel } from '../../server/ports/speech-model.ts';
import { SmartTurnModel } from '../../server/turn/thread/smart-turn-model.ts';
import { EnergyModel } from '../../server/vad/energy.ts';
import { loadLegacySilero } from '../../server/vad/legacy-silero.ts';
import type { VadKind } from '../../server/vad/open.ts';
import { loadSilero } from '../../server/vad/silero.ts';
import type { Recording } from '../support/recordings.ts';
import { samplesOf, toHeard } from './feed.ts';
import { remembered, rememberedTurns, type TurnJudge } from './replay.ts';

/** The real engine, its answers kept in the folder `cache`. */
export function decoderOf(model: string, cache: string): ReturnType<typeof remembered> {
  const engine = new NativeEngine({
    modelPath: getModelPath(findModel(model)!),
    slots: 1,
    cores: 2,
    finalWindowFloor: 512,
    partialWindowFloor: 0,
    beamSize: 1,
    temperatures: [0],
  } as never);
  return remembered(
    (span, windowFloor) => engine.decode({ ...span, windowFloor, id: 0 } as never, 2, new AbortController().signal),
    cache,
    model,
  );
}

/** The turn detector's model, its answers kept in the folder `cache`. */
export async function openTurns(cache: string): Promise<TurnJudge> {
  const model = await SmartTurnModel.load(getModelPath(findModel('smart-turn')!));
  return rememberedTurns((audio) => model.predict(audio), cache);
}

/** What the model makes of a whole recording at once, which must fit into its window. */
export function decodeWhole(recording: Recording, decode: ReturnType<typeof remembered>): Promise<readonly Word[]> {
  return decodePart(floatsOf(recording), 0, recording.language, decode);
}

/** What the model makes of a whole recording, in parts that are cut at the quietest place where it is longer than its window. */
export async function decodeInParts(
  recording: Recording,
  decode: ReturnType<typeof remembered>,
): Promise<readonly Word[]> {
  const samples = floatsOf(recording);
  const words: Word[] = [];
  for (let from = 0; from < samples.length; ) {
    const length = findPartLength(samples.subarray(from));
    words.push(...(await decodePart(samples.slice(from, from + length), from, recording.language, decode)));
    from += length;
  }
  return words;
}

/** How much of this audio is decoded at once, when what follows is to begin at a quiet place; samples. */
export function findPartLength(samples: Float32Array): number {
  const [least, most] = [20 * SAMPLE_RATE, 28 * SAMPLE_RATE];
  return samples.length <= most ? samples.length : least + findQuietestOffset(samples.subarray(least, most));
}

/** Without the second of silence that is fed behind it. */
function floatsOf(recording: Recording): Float32Array {
  return toHeard(samplesOf(recording)).slice(0, -SAMPLE_RATE);
}

async function decodePart(
  samples: Float32Array,
  fromSample: number,
  language: string,
  decode: ReturnType<typeof remembered>,
): Promise<readonly Word[]> {
  const asked = { kind: 'final', channel: 0, languages: [], task: 'transcribe', prompt: '', prefix: '' };
  return (await decode({ ...asked, fromSample, samples, language } as never, FULL_WINDOW)).words;
}

/** Opens a VAD of the server. Rejects where the server would go on with another. */
export async function openBenchVad(kind: VadKind): Promise<SpeechModel> {
  const path = getModelPath(findModel('silero-vad')!);
  return kind === 'energy' ? new EnergyModel() : kind === 'legacy' ? loadLegacySilero() : loadSilero(path);
}

/** Returns the probability of a voice in each window of a stream. */
export async function computeProbabilities(vad: SpeechModel, samples: Float32Array): Promise<Float32Array> {
  const probe = vad.openProbe();
  const voice = new Float32Array(Math.floor(samples.length / VAD_WINDOW_SAMPLES));
  for (let i = 0; i < voice.length; i++)
    voice[i] = await probe.computeProbability(samples.slice(i * VAD_WINDOW_SAMPLES, (i + 1) * VAD_WINDOW_SAMPLES));
  probe.close();
  return voice;
}

/** File → probability of a voice in each window. */
export async function voicesOf(
  recordings: readonly Recording[],
  kind: VadKind = 'silero',
): Promise<Map<string, Float32Array>> {
  const vad = await openBenchVad(kind);
  const voices = new Map<string, Float32Array>();
  for (const recording of recordings)
    voices.set(recording.file, await computeProbabilities(vad, toHeard(samplesOf(recording))));
  await vad.close();
  return voices;
}

export function settingsFor({ language }: Recording, { endpoint, partialEveryMs }: PipelineOptions): SessionSettings {
  return {
    channels: 1,
    language: language === 'zxx' ? 'auto' : language,
    languages: [],
    task: 'transcribe',
    model: undefined,
    vocabulary: [],
    partials: { mode: 'revisable', everyMs: partialEveryMs },
    cleanup: { mode: 'rules', instruction: '' },
    endpoint,
    revise: true,
  };
}

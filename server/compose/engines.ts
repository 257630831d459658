import { getModelPath } from '../../models/locate.ts';
import { findModel } from '../../models/registry.ts';
import { Fault } from '../../protocol/index.ts';
import { ConfigError } from '../config/load.ts';
import type { Config } from '../config/options.ts';
import { ProcessDecoder } from '../decoder/decoder.ts';
import type { WorkerPool } from '../engine/pool.ts';
import type { Cleaner } from '../ports/cleaner.ts';
import type { AudioDecoder } from '../ports/decoder.ts';
import type { Log } from '../ports/log.ts';
import type { RecogniserInfo } from '../ports/recogniser.ts';
import type { SpeechModel } from '../ports/speech-model.ts';
import type { TurnDetector } from '../ports/turn-detector.ts';
import type { CleanupStack } from './cleanup-stack.ts';
import type { Openers } from './openers.ts';

/** Everything that processes audio and text: the recogniser, the cleaner, voice detection and the audio decoder. */
export interface Engines {
  readonly recogniser: WorkerPool;
  readonly info: RecogniserInfo;
  /** Name of the speech model that translates captions into English; undefined leaves that to the assistant. */
  readonly translationModel: string | undefined;
  /** Undefined when cleaning is off. */
  readonly cleaner: Cleaner | undefined;
  /** Whether the cleaner has started. If not, it is retried while the rules clean instead. */
  readonly isCleanerReady: boolean;
  readonly speechModel: SpeechModel;
  /** Undefined when it is turned off, or does not load. */
  readonly turnDetector: TurnDetector | undefined;
  readonly decoder: AudioDecoder;
}

/** Starts the engines and adds each to `cleanup`. Rejects with a fault when the recogniser cannot run. */
export async function openEngines(
  config: Config,
  { log, open, cleanup }: { readonly log: Log; readonly open: Openers; readonly cleanup: CleanupStack },
): Promise<Engines> {
  const recogniser = cleanup.add(await open.recogniser(config, log));
  // Both load their models at the same time.
  const cleaner = await open.cleaner(config, log);
  if (cleaner !== undefined) cleanup.add(cleaner);
  const info = await recogniser.ready();
  const translationModel = chooseTranslationModel(config, info);
  const speechModel = cleanup.add(await open.speechModel(config, log));
  const turnDetector = await open.turnDetector(
    config['turn-detector'] as 'smart-turn' | 'none',
    getModelPath(findModel('smart-turn')!),
    log,
  );
  if (turnDetector !== undefined) cleanup.add(turnDetector);
  const isCleanerReady = await (cleaner?.ready() ?? Promise.resolve()).then(
    () => true,
    () => false,
  );
  const decoder = cleanup.add(new ProcessDecoder({ log }));
  return { recogniser, info, translationModel, cleaner, isCleanerReady, speechModel, turnDetector, decoder };
}

/**
 * Returns the name of the speech model if it translates captions into English; undefined leaves that to the assistant, if there
 * is one. Throws a ConfigError when the options request it and the model supports English only.
 */
export function chooseTranslationModel(
  config: Config,
  { model, multilingual }: { readonly model: string; readonly multilingual: boolean },
): string | undefined {
  const asked = config['translate-with'];
  if (asked === 'assistant' || (asked === 'auto' && config['assistant-model'] !== undefined)) return undefined;
  if (multilingual) return model;
  if (asked === 'auto') return undefined;
  const want = `auto or assistant, or a multilingual --model: ${model} knows English only`;
  throw new ConfigError([new Fault('config.value', { name: 'translate-with', got: asked, want })]);
}

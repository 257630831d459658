import { getModelPath } from '../../models/locate.ts';
import { findModel } from '../../models/registry.ts';
import type { Config } from '../config/options.ts';
import type { Log } from '../ports/log.ts';
import type { SpeechModel } from '../ports/speech-model.ts';
import { openVad, type VadKind } from '../vad/open.ts';

/** Opens the VAD that the options select. */
export function openSpeechModel(config: Config, log: Log): Promise<SpeechModel> {
  return openVad(config.vad as VadKind, getModelPath(findModel('silero-vad')!), log);
}

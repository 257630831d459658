import type { Log } from '../ports/log.ts';
import type { SpeechModel } from '../ports/speech-model.ts';
import { EnergyModel } from './energy.ts';
import { SileroModel } from './silero.ts';

/** Opens the requested VAD; where Silero does not load, the energy detector replaces it and the log says so. */
export async function openSpeechModel(kind: 'silero' | 'energy', log: Log): Promise<SpeechModel> {
  if (kind === 'energy') return new EnergyModel();
  try {
    return await SileroModel.load();
  } catch (error) {
    log.warn(
      { problem: error instanceof Error ? error.message : String(error) },
      'Silero does not load; speech is detected by its level instead',
    );
    return new EnergyModel();
  }
}

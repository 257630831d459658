import type { Log } from '../ports/log.ts';
import type { SpeechModel } from '../ports/speech-model.ts';
import { EnergyModel } from './energy.ts';
import { loadLegacySilero } from './legacy-silero.ts';
import { loadSilero } from './silero.ts';

/** Voice activity detectors: Silero 6, the older Silero 4, and one that goes by the level. */
export type VadKind = 'silero' | 'legacy' | 'energy';

/**
 * Opens the requested VAD; where Silero does not load, the energy detector replaces it and the log says so. `sileroPath` is the
 * file of Silero 6.
 */
export async function openVad(kind: VadKind, sileroPath: string, log: Log): Promise<SpeechModel> {
  if (kind === 'energy') return new EnergyModel();
  try {
    return kind === 'legacy' ? await loadLegacySilero() : await loadSilero(sileroPath);
  } catch (error) {
    log.warn(
      { problem: error instanceof Error ? error.message : String(error) },
      'Silero does not load; speech is detected by its level instead',
    );
    return new EnergyModel();
  }
}

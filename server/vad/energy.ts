import { GATE_THRESHOLDS } from '../core/speech/gate.ts';
import type { SpeechModel, SpeechProbe } from '../ports/speech-model.ts';

/** How far above the noise floor a window must be to count as speech, as a ratio of levels. */
const FLOOR_RATIO = 3;

/**
 * Detects speech by its level above a floor that follows the quietest windows: for machines where the network does not
 * load.
 */
export class EnergyModel implements SpeechModel {
  readonly thresholds = GATE_THRESHOLDS.energy;

  openProbe(): SpeechProbe {
    let floor = 0.01;
    return {
      computeProbability: (window) => {
        let sum = 0;
        for (const value of window) sum += value * value;
        const level = Math.sqrt(sum / window.length);
        // Falls at once but rises slowly, so that speech does not become the floor.
        floor = level < floor ? level : floor * 1.002 + 1e-7;
        const ratio = level / Math.max(1e-5, floor * FLOOR_RATIO);
        return Promise.resolve(level < 0.002 ? 0 : ratio / (1 + ratio));
      },
      close: () => {},
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

import type { Log } from '../ports/log.ts';
import type { TurnDetector } from '../ports/turn-detector.ts';
import { SmartTurnDetector } from './smart-turn.ts';

/**
 * Opens the requested turn detector; undefined is none. Where Smart Turn does not load there is none either, and the log says so:
 * pauses are then judged by their text alone.
 */
export async function openTurnDetector(
  kind: 'smart-turn' | 'none',
  modelPath: string,
  log: Log,
): Promise<TurnDetector | undefined> {
  if (kind === 'none') return undefined;
  const onError = (error: unknown): void =>
    log.warn({ problem: describe(error) }, 'The turn detector ended; pauses are judged by their text until it is back');
  try {
    return await SmartTurnDetector.open({ modelPath, onError });
  } catch (error) {
    log.warn(
      { problem: describe(error), file: 'smart-turn-v3.2-cpu.onnx' },
      'Smart Turn does not load; how long a pause ends speech is decided by the text alone. Restore models/embedded from the repository, or start with --turn-detector none',
    );
    return undefined;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

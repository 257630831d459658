import { loadLegacySilero } from '../../server/vad/legacy-silero.ts';
import { speechNetworkContract } from './speech-model.ts';

speechNetworkContract('Silero 4', loadLegacySilero);

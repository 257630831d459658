import { parentPort, workerData } from 'node:worker_threads';
import type { FromThread, ThreadSetup, ToThread } from '../thread-messages.ts';
import { SmartTurnModel } from './smart-turn-model.ts';

// The thread of the turn detector: `onnxruntime-node` computes in the thread that asks, and nobody's audio shall wait for that.
const port = parentPort!;
const post = (message: FromThread): void => port.postMessage(message);

async function start({ modelPath }: ThreadSetup): Promise<void> {
  let model: SmartTurnModel;
  try {
    model = await SmartTurnModel.load(modelPath);
  } catch (error) {
    post({ kind: 'unusable', problem: error instanceof Error ? error.message : String(error) });
    return;
  }
  // An error ends the thread, and its end is the answer.
  port.on('message', ({ audio }: ToThread) => {
    void model.predict(audio).then((probability) => post({ kind: 'answer', probability }));
  });
  post({ kind: 'ready' });
}

await start(workerData as ThreadSetup);

// A child of any of the four parts that answers with what it was asked, and fails as the text it is asked with says.
import { existsSync, writeFileSync, writeSync } from 'node:fs';
import { ResourceGuard } from '../../server/decoder/child/guard.ts';
import { simulateDelay } from './until.ts';

// biome-ignore lint/suspicious/noExplicitAny: it speaks the wires of all parts.
type Message = any;

/** Whoever wants to know which processes there were finds a file for each beside this one. */
writeFileSync(new URL(`pid-${process.pid}`, import.meta.url), '');
const send = (message: Message): void => void process.send?.(message);
const refuses = (): boolean => existsSync(new URL('refuse', import.meta.url));
let isGrown = false;

process.on('message', (message: Message) => {
  switch (message.kind) {
    case 'setup':
      return send(refuses() ? { kind: 'refused', code: 'model.corrupt', problem: 'it does not like it' } : ready());
    case 'ping':
      return send({ kind: 'alive', memoryMb: isGrown ? 1_000_000 : 50, steps: {} });
    case 'decode':
      return answer(message.job.prompt, (text) => ({ kind: 'hypothesis', job: message.job.id, ...hypothesisOf(text) }));
    case 'generate': {
      const { parts, user } = message.generation;
      return answer(parts?.join(' ') ?? user, (text) => ({ kind: 'generated', id: message.id, text }));
    }
    case 'cancel':
    case 'abort':
      return;
    case 'feed':
      return answer(Buffer.from(message.bytes).toString(), (text) => {
        const samples = Float32Array.from(Buffer.from(text));
        return { ask: message.ask, kind: 'decoded', sampleRate: 16_000, channels: 1, samples, hasMore: false };
      });
    default:
      return send({ ask: message.ask, kind: 'nothing', hasMore: false });
  }
});
process.on('disconnect', () => process.exit(0));

function answer(text: string, reply: (text: string) => Message): void {
  switch (text) {
    case 'abort':
      return process.abort();
    case 'exit':
      return process.exit(0);
    case 'throw':
      throw new Error('a bug in the child');
    case 'close the pipe':
      process.removeAllListeners('disconnect');
      setInterval(() => {}, 1_000);
      return process.disconnect();
    case 'garbage message':
      return send({ ...reply(text), kind: 'decoded', samples: 'none', id: {} });
    case 'garbage bytes':
      return void writeSync(3, Buffer.from('\0\0\0\x05garbage}\n'));
    case 'endless message':
      // A message of 2 GiB, as Node writes it: its length first.
      writeSync(3, Buffer.from([0x7f, 0xff, 0xff, 0x00]));
      for (const mib = Buffer.alloc(1 << 20, 'x'); ; ) {
        try {
          writeSync(3, mib);
        } catch (error) {
          // The pipe is full; its reader needs a moment.
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        }
      }
    case 'grow':
      isGrown = true;
      // The decoder is not asked how large it is: a thread of its own looks.
      new ResourceGuard().setLimits({ memoryMbMax: 1, cpuMs: 60_000, cpuMsPerSecond: 0, cpuMsPerAnswer: 60_000 });
      return;
    case 'silent':
      return;
    case 'twice':
      send(reply(text));
  }
  void simulateDelay(5).then(() => send(reply(text)));
}

function ready(): Message {
  const about = { engine: 'stock', multilingual: true, realTimeFactor: 0.001, detail: 'a script' };
  return { kind: 'ready', ...about, small: undefined, memoryMb: 50 };
}

function hypothesisOf(text: string): Message {
  const words = [{ text, space: true, from: 0, to: 1, confidence: 1 }];
  const numbers = { languageProbability: 1, noSpeech: 0, averageLogProbability: 0, compressionRatio: 1, decodeMs: 1 };
  return { hypothesis: { words, language: 'en', stop: 'end', ...numbers } };
}

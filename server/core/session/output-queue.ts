import type { EventBody } from '../../../protocol/index.ts';
import type { SessionOutput } from './outputs.ts';

/** What a session asks of the world, in order, until its driver takes it. */
export class OutputQueue {
  #outputs: SessionOutput[] = [];
  #lastJob = 0;

  push(output: SessionOutput): void {
    this.#outputs.push(output);
  }

  pushEvent(event: EventBody): void {
    this.#outputs.push({ kind: 'event', event });
  }

  /** Asks for a decode. Returns the job number it is taken and answered under. */
  requestDecode(kind: 'partial' | 'final'): number {
    const job = ++this.#lastJob;
    this.push({ kind: 'recognise', job, final: kind === 'final' });
    return job;
  }

  cancelDecode(job: number): void {
    this.push({ kind: 'forget', job });
  }

  drain(): SessionOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }
}

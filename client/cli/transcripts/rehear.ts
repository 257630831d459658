import { setTimeout } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import { toPrintable } from '../../../protocol/index.ts';
import type { Rehearing, Transcripts } from '../../sdk/index.ts';
import { openProgressStream, printNote } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';

export interface RehearOptions {
  /** Name of a speech model; default: what the server hears live sentences again with. */
  readonly model?: string | undefined;
}

/** Shows how far a job has come. */
interface ProgressView {
  show(job: Rehearing): void;
  end(): void;
}

const POLL_MS = 500;
/** Where there is no terminal, a line is printed for each further share of the whole. */
const SHARE_PERCENT = 10;

/**
 * Has a transcript heard again and follows that to its end; when `signal` aborts, it is stopped. Rejects with a `UserError` when it
 * fails or was stopped, and with what the calls reject with.
 */
export async function followRehearing(
  calls: Pick<Transcripts, 'startRehear' | 'readRehear' | 'stopRehear'>,
  id: string,
  { model, signal }: RehearOptions & { readonly signal: AbortSignal },
): Promise<Rehearing> {
  let job = await calls.startRehear(id, { model });
  const stream = openProgressStream();
  const view = stream === undefined ? new ProgressLines() : new ProgressBar(stream);
  try {
    for (view.show(job); job.state === 'waiting' || job.state === 'running'; view.show(job)) {
      await setTimeout(POLL_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) await calls.stopRehear(id);
      const latest = await calls.readRehear(id);
      if (latest === undefined)
        throw new UserError(
          'The server knows nothing of this any more: it was started anew, or the transcript was deleted. What was revised stays; run the command again for the rest.',
        );
      job = latest;
    }
  } finally {
    view.end();
  }
  if (job.state === 'failed')
    throw new UserError(`${toPrintable(job.error?.message ?? 'It failed.')} ${formatRevised(job)} until then.`);
  if (job.state === 'stopped') throw new UserError(`Stopped. ${formatRevised(job)} so far; they stay so.`);
  return job;
}

/** `3 sentences were revised`. */
export function formatRevised({ revised }: Pick<Rehearing, 'revised'>): string {
  if (revised === 0) return 'No sentence was revised';
  return revised === 1 ? '1 sentence was revised' : `${revised} sentences were revised`;
}

const toSeconds = (ms: number): number => Math.round(ms / 1_000);

class ProgressBar implements ProgressView {
  readonly #bar: SingleBar;

  constructor(stream: NodeJS.WriteStream) {
    this.#bar = new SingleBar({
      ...{ stream, clearOnComplete: true },
      format: '{bar} {value} of {total} s with {model}, {revised} revised, {eta_formatted}',
    });
    this.#bar.start(0, 0, { model: '', revised: 0 });
  }

  show({ doneMs, totalMs, model, revised }: Rehearing): void {
    this.#bar.setTotal(toSeconds(totalMs));
    this.#bar.update(toSeconds(doneMs), { model: toPrintable(model), revised });
  }

  end(): void {
    this.#bar.stop();
  }
}

class ProgressLines implements ProgressView {
  #last = '';

  show({ state, doneMs, totalMs, model }: Rehearing): void {
    const percent = totalMs === 0 ? 100 : Math.floor((100 * doneMs) / totalMs);
    const shown = percent - (percent % SHARE_PERCENT);
    const line =
      state === 'waiting'
        ? 'Another transcript is being heard again; this one waits.'
        : `Heard again with ${model}: ${shown} % of ${toSeconds(totalMs)} s.`;
    if (line !== this.#last) printNote(toPrintable(line));
    this.#last = line;
  }

  end(): void {}
}

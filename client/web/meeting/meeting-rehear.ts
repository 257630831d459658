import type { ServerInfo } from '../server/server-info.ts';
import type { Meeting } from './meeting-state.ts';
import { RehearWatch } from './rehear-watch.ts';
import { serverTranscripts } from './server-transcripts.ts';
import { RehearPanel } from './views/rehear-panel.ts';

/** Transcribing the meeting on the page again: starts and follows the server's job, and has its sentences read anew. */
export class MeetingRehear {
  readonly #panel: RehearPanel;
  readonly #watch: RehearWatch;
  #transcript: string | undefined;

  /** `refresh` takes over the sentences of a transcript as the server has them. */
  constructor(refresh: (transcript: string) => Promise<unknown>) {
    this.#watch = new RehearWatch(
      {
        start: (transcript, model) => serverTranscripts.startRehear(transcript, { model }),
        read: (transcript) => serverTranscripts.readRehear(transcript),
        stop: (transcript) => serverTranscripts.stopRehear(transcript),
        wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      },
      {
        changed: (job) => {
          this.#panel.showJob(job);
          if (job.state !== 'waiting' && job.state !== 'running' && this.#transcript !== undefined)
            void refresh(this.#transcript);
        },
        failed: (reason) => this.#panel.showProblem(reason),
      },
    );
    this.#panel = new RehearPanel({
      start: (model) => void this.#watch.start(model),
      stop: () => void this.#watch.stop(),
    });
  }

  set models(models: readonly string[]) {
    this.#panel.models = models;
  }

  /** Shows the panel for a stored meeting with audio that is not being recorded. */
  show({ transcript, audio = [] }: Meeting, isRecording: boolean): void {
    const wanted = isRecording || audio.length === 0 ? undefined : transcript;
    if (wanted === this.#transcript) return;
    this.#transcript = wanted;
    this.#panel.reset(wanted !== undefined);
    void this.#watch.follow(wanted);
  }
}

/** Names of the models that a server is known to have, from its `/v1/info`. */
export function listModels(
  info: ServerInfo & { readonly small?: unknown; readonly second?: unknown },
): readonly string[] {
  const names = [info, info.small, info.second].map(
    (each) => (each as { readonly model?: unknown } | undefined)?.model,
  );
  return [...new Set(names.filter((name): name is string => typeof name === 'string'))];
}

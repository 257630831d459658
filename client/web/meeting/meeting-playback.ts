import { buildFileName } from '../../../transcript/export.ts';
import { LIMITS } from '../../sdk/index.ts';
import type { Messages } from '../ui/messages.ts';
import { saveFile } from '../ui/save-file.ts';
import { AudioPlayer } from './audio-player.ts';
import { computeKeptMs, findPlayedSentence, groupByPart, listChannels, planClips } from './audio-timeline.ts';
import { getSpeakerName, type Meeting, type SpokenSentence } from './meeting-state.ts';
import { PlayerView } from './views/player-view.ts';

export interface PlaybackCallbacks {
  fetchAudio(
    transcript: string,
    what: { readonly part: number; readonly channel: number; readonly fromMs?: number; readonly toMs?: number },
    signal?: AbortSignal,
  ): Promise<ArrayBuffer>;
  /** Marks the sentence that is heard; `mustShow` brings it into view wherever the reader is. */
  showPlaying(key: string | undefined, mustShow: boolean): void;
  /** The sentences that are selected, or the current one. */
  selectedSentences(): readonly SpokenSentence[];
}

const AUDIO_TYPE = 'audio/ogg';
/** A sentence is begun a moment before its first word, ms. */
const LEAD_MS = 150;

/** Plays the kept audio of the meeting on the page, shows which sentence is heard, and saves pieces of it. */
export class MeetingPlayback {
  readonly #callbacks: PlaybackCallbacks;
  readonly #messages: Messages;
  readonly #player: AudioPlayer;
  readonly #view: PlayerView;
  #meeting: Meeting | undefined;
  /** The next sentence that is heard comes into view, wherever the reader is. */
  #mustShow = false;

  constructor(messages: Messages, callbacks: PlaybackCallbacks) {
    this.#messages = messages;
    this.#callbacks = callbacks;
    this.#player = new AudioPlayer(
      async ({ part, channel }, signal) => {
        const { transcript } = this.#meeting!;
        return new Blob([await callbacks.fetchAudio(transcript!, { part, channel }, signal)], { type: AUDIO_TYPE });
      },
      {
        changed: () => this.#show(),
        failed: (advice) => messages.showProblem({ title: 'The audio cannot be played.', advice, topic: 'audio' }),
      },
    );
    this.#view = new PlayerView({
      toggle: () => this.toggle(),
      seek: (ms) => this.#seek(ms),
      skip: (ms) => this.skip(ms),
      setRate: (rate) => {
        this.#player.rate = rate;
      },
      setChannel: (channel) => {
        this.#player.channel = channel;
      },
      saveClip: () => void this.saveClip(),
    });
  }

  /** Whether the meeting has audio that can be played. */
  get isAvailable(): boolean {
    return this.#player.endMs > 0;
  }

  /** Shows a meeting. The same one with the same audio goes on playing. */
  show(meeting: Meeting | undefined): void {
    const before = this.#meeting;
    this.#meeting = meeting;
    const audio = meeting?.transcript === undefined ? [] : (meeting.audio ?? []);
    const isSame =
      before?.transcript === meeting?.transcript && JSON.stringify(before?.audio ?? []) === JSON.stringify(audio);
    if (!isSame) this.#player.open(audio);
    const channels = listChannels(audio).map((channel) => ({ channel, name: getSpeakerName(meeting!, channel) }));
    if (meeting?.transcript === undefined) return this.#view.hide();
    this.#view.showKept(computeKeptMs(groupByPart(audio)), channels);
  }

  stop(): void {
    if (this.#player.isPlaying) this.#player.pause();
  }

  toggle(): void {
    this.#mustShow = !this.#player.isPlaying;
    this.#player.toggle();
  }

  /** Goes forward, or back with a negative time. */
  skip(ms: number): void {
    this.#seek(this.#player.positionMs + ms);
  }

  /** Plays from the beginning of a sentence. */
  playSentence(sentence: SpokenSentence): void {
    if (!this.isAvailable) return;
    this.#seek(Math.max(0, sentence.fromMs - LEAD_MS));
    this.#player.play();
  }

  /** Saves the audio of the selected sentences: a file for each voice. */
  async saveClip(): Promise<void> {
    const meeting = this.#meeting;
    if (meeting?.transcript === undefined) return;
    const plans = planClips(this.#callbacks.selectedSentences(), meeting.audio ?? []);
    if (plans.length === 0)
      return this.#messages.showToast('Select the sentences whose audio is to be saved, or click one of them.');
    if (plans.some(({ fromMs, toMs }) => toMs - fromMs > LIMITS.clipMsMax))
      return this.#messages.showToast(`Select ${LIMITS.clipMsMax / 60_000} minutes of sentences at most.`);
    try {
      for (const plan of plans) {
        const bytes = await this.#callbacks.fetchAudio(meeting.transcript, plan);
        saveFile(nameClip(meeting, plan), new Blob([bytes], { type: AUDIO_TYPE }));
      }
    } catch (error) {
      const advice = error instanceof Error ? error.message : String(error);
      this.#messages.showProblem({ title: 'The audio was not saved.', advice, topic: 'audio' });
    }
  }

  #seek(ms: number): void {
    this.#mustShow = true;
    this.#player.seek(ms);
  }

  #show(): void {
    const { isPlaying, isLoading, positionMs, startMs, endMs, part, channel } = this.#player;
    this.#view.show({ isPlaying, isLoading, positionMs, startMs, endMs });
    if (this.#meeting === undefined || part === undefined || isLoading) return;
    const { sentences } = this.#meeting;
    // At the beginning of a sentence that was clicked, the one before it is not meant.
    const atMs = positionMs + (isPlaying ? LEAD_MS : 0);
    const heard =
      positionMs > startMs || isPlaying ? findPlayedSentence(sentences, atMs, { part, channel }) : undefined;
    this.#callbacks.showPlaying(heard?.key, this.#mustShow);
    this.#mustShow = false;
  }
}

/** `Weekly 1.05 Ada.opus`: the meeting, the time in it and the speaker. */
function nameClip(
  meeting: Meeting,
  { channel, fromMs }: { readonly channel: number; readonly fromMs: number },
): string {
  const minutes = Math.floor(fromMs / 60_000);
  const seconds = String(Math.floor(fromMs / 1_000) % 60).padStart(2, '0');
  const title = `${meeting.title.slice(0, 60)} ${minutes}.${seconds} ${getSpeakerName(meeting, channel)}`;
  return buildFileName({ ...meeting, title }, 'opus');
}

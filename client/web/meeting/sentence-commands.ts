import { copyText } from '../ui/clipboard.ts';
import type { Messages } from '../ui/messages.ts';
import type { MeetingPlayback } from './meeting-playback.ts';
import {
  findSentence,
  getDisplayedText,
  type Meeting,
  type MeetingAction,
  type SpokenSentence,
} from './meeting-state.ts';
import { type ConversationView, hasOtherVersion } from './views/conversation-view.ts';
import { askForCorrection } from './views/edit-dialogs.ts';

interface Parts {
  readonly messages: Messages;
  readonly conversation: ConversationView;
  playback(): MeetingPlayback;
  meeting(): Meeting | undefined;
  isRecording(): boolean;
  act(action: MeetingAction): void;
}

/** What the user does with single sentences: the focused one, the selected ones, or the last. */
export class SentenceCommands {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get #meeting(): Meeting | undefined {
    return this.#parts.meeting();
  }

  /** Toggles the highlight of the focused sentence, or of the last one. */
  highlight(): void {
    const sentence = this.current;
    if (sentence === undefined) return this.#parts.messages.showToast('Nothing has been said yet.');
    this.#parts.act({ type: 'sentenceHighlighted', key: sentence.key, highlight: !sentence.highlight });
    this.#parts.messages.showToast(
      sentence.highlight ? 'No longer highlighted.' : `Highlighted: ${getDisplayedText(sentence).slice(0, 60)}`,
    );
  }

  async correct(): Promise<void> {
    const sentence = this.current;
    if (sentence === undefined) return;
    const asked = await askForCorrection(sentence);
    if (asked !== undefined) this.#parts.act({ type: 'sentenceCorrected', key: sentence.key, ...asked });
    this.#parts.conversation.row(sentence.key)?.focus({ preventScroll: true });
  }

  /** Shows the first version of the focused sentence, or what readers see; without one, of all sentences. */
  toggleFirstVersion(): void {
    const sentence = this.focused;
    if (sentence !== undefined) return this.#parts.conversation.toggleFirstVersion(sentence);
    const sentences = this.#meeting?.sentences ?? [];
    const changed = sentences.filter(hasOtherVersion).length;
    const isFirst = this.#parts.conversation.toggleFirstVersions(sentences);
    if (changed === 0) return this.#parts.messages.showToast('Every sentence stands as in its first version.');
    this.#parts.messages.showToast(
      isFirst
        ? `All sentences in their first version; ${changed} differ. Press O to return.`
        : 'Sentences as corrected, cleaned and revised.',
    );
  }

  /** Plays from the focused sentence, or where the player is. */
  play(): void {
    const sentence = this.focused;
    if (!this.#parts.playback().isAvailable) return this.#parts.messages.showToast('No audio of this meeting is kept.');
    if (this.#parts.isRecording()) return this.#parts.messages.showToast('End the recording before you play it.');
    if (sentence === undefined) this.#parts.playback().toggle();
    else this.#parts.playback().playSentence(sentence);
  }

  /** Plays earlier or later by this much, ms. */
  skip(ms: number): void {
    if (this.#parts.playback().isAvailable && !this.#parts.isRecording()) this.#parts.playback().skip(ms);
  }

  saveAudio(): void {
    if (this.#parts.playback().isAvailable) void this.#parts.playback().saveClip();
    else this.#parts.messages.showToast('No audio of this meeting is kept.');
  }

  /** The sentence that has, or last had, the focus. */
  get focused(): SpokenSentence | undefined {
    const { current } = this.#parts.conversation;
    return current === undefined || this.#meeting === undefined ? undefined : findSentence(this.#meeting, current);
  }

  /** The focused sentence, else the last one. */
  get current(): SpokenSentence | undefined {
    return this.focused ?? this.#meeting?.sentences.at(-1);
  }

  /** The sentences that are selected as text, else the focused one. */
  get selected(): readonly SpokenSentence[] {
    const keys = new Set(this.#parts.conversation.selectedKeys);
    const focused = this.focused;
    if (keys.size === 0) return focused === undefined ? [] : [focused];
    return this.#parts.meeting()!.sentences.filter(({ key }) => keys.has(key));
  }

  run(name: string): void {
    if (name === 'highlight') this.highlight();
    else if (name === 'correct') void this.correct();
    else if (name === 'firstVersion') this.toggleFirstVersion();
    else if (name === 'play') this.play();
    else if (name === 'saveAudio') this.saveAudio();
    else {
      const sentence = this.current;
      if (sentence !== undefined)
        void copyText(getDisplayedText(sentence)).then((done) =>
          this.#parts.messages.showToast(done ? 'Copied.' : 'The browser did not allow copying.'),
        );
    }
  }
}

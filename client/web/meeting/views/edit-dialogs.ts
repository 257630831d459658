import { confirmDialog, getElement } from '../../ui/dom.ts';
import { getDisplayedText, type SpokenSentence } from '../meeting-state.ts';

/** Asks for the correction of a sentence. Resolves with undefined when nothing is to change. */
export async function askForCorrection(
  sentence: SpokenSentence,
): Promise<{ readonly correction: string | undefined } | undefined> {
  const text = getElement('correct-text', HTMLTextAreaElement);
  text.value = getDisplayedText(sentence);
  getElement('correct-first').textContent = sentence.text;
  const remove = getElement('correct-remove', HTMLButtonElement);
  remove.hidden = sentence.correction === undefined;
  const dialog = getElement('correct', HTMLDialogElement);
  let isRemoved = false;
  remove.onclick = () => {
    isRemoved = true;
    dialog.close('no');
  };
  if (await confirmDialog(dialog)) return { correction: text.value };
  return isRemoved ? { correction: undefined } : undefined;
}

/** Asks for the name of a speaker. Resolves with undefined when it is to stay. */
export async function askForName(name: string): Promise<string | undefined> {
  const field = getElement('rename-text', HTMLInputElement);
  field.value = name;
  queueMicrotask(() => field.select());
  return (await confirmDialog(getElement('rename', HTMLDialogElement))) ? field.value : undefined;
}

/** Asks whether everyone agrees to be transcribed, and recorded if the audio is kept. */
export function askForConsent(isAudioKept: boolean): Promise<boolean> {
  getElement('consent-audio').hidden = !isAudioKept;
  getElement('consent-text').textContent = isAudioKept
    ? 'I’d like to have this meeting transcribed and its audio kept. Is that all right with everyone?'
    : 'I’d like to have this meeting transcribed while we talk. Is that all right with everyone?';
  return confirmDialog(getElement('consent', HTMLDialogElement));
}

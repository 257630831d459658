import type { OverlaySettings } from '../roll-up/overlay-settings.ts';

export type FieldName = Exclude<keyof OverlaySettings, 'token' | 'preview'>;

/** The sections of the form and the label of each field. The table of settings describes what each does. */
export const FORM_SECTIONS: readonly { readonly title: string; readonly fields: Partial<Record<FieldName, string>> }[] =
  [
    {
      title: 'What is shown',
      fields: { room: 'Room', text: 'Text', interim: 'Unfinished sentences', translate: 'Translate into' },
    },
    {
      title: 'Lines',
      fields: {
        lines: 'Lines',
        chars: 'Characters per line',
        align: 'Align',
        valign: 'Vertical position',
        case: 'Letter case',
        dir: 'Writing direction',
      },
    },
    {
      title: 'Appearance',
      fields: {
        ...{ theme: 'Theme', font: 'Font', size: 'Size in pixels', weight: 'Weight', color: 'Text colour' },
        ...{ bg: 'Background colour', bgOpacity: 'Background opacity', box: 'One background box' },
        ...{ stroke: 'Outline', strokeColor: 'Outline colour', shadow: 'Shadow', motion: 'Animation' },
      },
    },
    { title: 'Time', fields: { fade: 'Fade after, ms', delay: 'Delay, ms', speed: 'Reading speed' } },
    {
      title: 'Speakers and words',
      fields: {
        speaker: 'Mark speakers',
        names: 'Speaker names',
        profanity: 'Swear words',
        mask: 'Other words to mask',
        lang: 'Language of messages',
      },
    },
  ];

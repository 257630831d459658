import type { OverlaySettings } from '../overlay/overlay-settings.ts';

export type FieldName = Exclude<keyof OverlaySettings, 'token' | 'preview'>;

/** The form: its parts, and what each field is called. What it does is told by the table of settings itself. */
export const FORM_SECTIONS: readonly { readonly title: string; readonly fields: Partial<Record<FieldName, string>> }[] =
  [
    {
      title: 'What is shown',
      fields: { room: 'Room', text: 'Text', interim: 'Words while they are spoken', translate: 'Translate into' },
    },
    {
      title: 'Lines',
      fields: {
        lines: 'Lines',
        chars: 'Characters in a line',
        align: 'Begin',
        valign: 'Stand',
        case: 'Letters',
        dir: 'Direction of writing',
      },
    },
    {
      title: 'Look',
      fields: {
        ...{ theme: 'Theme', font: 'Font', size: 'Size in pixels', weight: 'Weight', color: 'Colour of the letters' },
        ...{ bg: 'Colour behind', bgOpacity: 'How much of it', box: 'One box behind all' },
        ...{ stroke: 'Outline', strokeColor: 'Colour of the outline', shadow: 'Shadow', motion: 'Lines roll' },
      },
    },
    { title: 'Time', fields: { fade: 'Fade after, ms', delay: 'Delay, ms', speed: 'Reading speed' } },
    {
      title: 'Speakers and words',
      fields: {
        speaker: 'Mark speakers',
        names: 'Names of the speakers',
        profanity: 'Swear words',
        mask: 'More words to mask',
        lang: 'Language of notices',
      },
    },
  ];

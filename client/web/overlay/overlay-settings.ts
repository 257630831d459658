import {
  choiceSetting,
  colorSetting,
  flagSetting,
  listSetting,
  patternSetting,
  readSettings,
  type SettingValues,
  themedSetting,
  wholeSetting,
} from './url-settings.ts';

export const ROOM_SETTING = /^[a-z0-9][a-z0-9-]{0,63}$/;

export const TOKEN_SETTING = patternSetting(
  '',
  /^[\w.~+/=-]{1,512}$/,
  'a viewer token',
  'Token of a viewer, where the server wants one. Better behind `#`: `#token=…` is in no log.',
);

/** Everything the overlay can be told; the whole of it stands in its address. */
export const OVERLAY_SETTINGS = {
  room: patternSetting('main', ROOM_SETTING, 'a-z, 0-9 and -, up to 64', 'Room to show, or the id of a session.'),
  token: TOKEN_SETTING,
  theme: choiceSetting(
    ['dark', 'light', 'yellow', 'outline'],
    'Colours to begin with: white on black, black on white, yellow on black, white with an outline and nothing behind.',
  ),
  lines: wholeSetting(2, 1, 8, 'Lines at once.'),
  chars: wholeSetting(37, 10, 80, 'Characters in a line; characters of double width count twice.'),
  font: patternSetting(
    '',
    /^[\p{L}\p{N} ,'"-]{0,200}$/u,
    'names of fonts, the first that is there',
    'Font of the machine that shows the page. Empty: its sans serif.',
  ),
  size: wholeSetting(0, 0, 300, 'Size of the letters in pixels; 0 fills the page.'),
  weight: wholeSetting(600, 100, 900, 'Weight of the letters.'),
  color: themedSetting(colorSetting('#ffffff', 'Colour of the letters; the theme’s.')),
  bg: themedSetting(colorSetting('#000000', 'Colour behind the lines; the theme’s.')),
  bgOpacity: themedSetting(wholeSetting(75, 0, 100, 'How much of it is seen, in percent; the theme’s.')),
  box: flagSetting(false, 'One box behind all lines, instead of a strip behind each.'),
  stroke: themedSetting(wholeSetting(0, 0, 12, 'Outline of the letters in pixels; the theme’s.')),
  strokeColor: colorSetting('#000000', 'Colour of the outline.'),
  shadow: themedSetting(wholeSetting(0, 0, 40, 'Shadow of the letters: its blur in pixels; the theme’s.')),
  align: choiceSetting(['left', 'center', 'right'], 'Where lines begin. Centred lines move while they fill.'),
  valign: choiceSetting(['bottom', 'middle', 'top'], 'Where in the page the lines stand.'),
  dir: choiceSetting(['auto', 'ltr', 'rtl'], 'Direction of writing; `auto` tells it from each line.'),
  case: choiceSetting(['sentence', 'upper', 'lower'], 'Letters as they are written, or all capitals, or none.'),
  text: choiceSetting(['cleaned', 'raw'], 'Cleaned where it comes in time, or as spoken.'),
  translate: patternSetting(
    '',
    /^[a-z]{2,3}(-[A-Za-z]{2,4})?$|^$/,
    'a language: `de`',
    'Show this language instead of the spoken one.',
  ),
  interim: flagSetting(true, 'Words while they are spoken; without, whole sentences only.'),
  speaker: flagSetting(true, 'Mark a change of speaker with `>>`.'),
  names: listSetting('Names to mark speakers with, one a channel.'),
  profanity: choiceSetting(['show', 'mask'], 'Mask swear words of a short list.'),
  mask: listSetting('More words to mask.'),
  speed: wholeSetting(20, 5, 60, 'Characters a second at most while lines wait to be shown.'),
  fade: wholeSetting(8_000, 0, 600_000, 'Silence after which the lines fade, ms; 0 is never.'),
  delay: wholeSetting(0, 0, 60_000, 'Show everything so much later, ms: for a picture that is late.'),
  lang: patternSetting(
    '',
    /^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$|^$/,
    'a language: `de`',
    'Language of the page’s own notices. Empty: the browser’s.',
  ),
  motion: flagSetting(true, 'Lines roll; without, they jump.'),
  preview: flagSetting(false, 'Sample text on a chequered ground, without a server.'),
} as const;

export type OverlaySettings = SettingValues<typeof OVERLAY_SETTINGS>;

export interface Appearance {
  readonly color: string;
  readonly bg: string;
  readonly bgOpacity: number;
  readonly stroke: number;
  readonly shadow: number;
}

const THEMES: Readonly<Record<OverlaySettings['theme'], Appearance>> = {
  dark: { color: '#ffffff', bg: '#000000', bgOpacity: 75, stroke: 0, shadow: 0 },
  light: { color: '#111111', bg: '#ffffff', bgOpacity: 88, stroke: 0, shadow: 0 },
  yellow: { color: '#ffe600', bg: '#000000', bgOpacity: 75, stroke: 0, shadow: 0 },
  outline: { color: '#ffffff', bg: '#000000', bgOpacity: 0, stroke: 3, shadow: 6 },
};

/** The theme, and what was chosen over it. */
export function resolveAppearance({ theme, color, bg, bgOpacity, stroke, shadow }: OverlaySettings): Appearance {
  const base = THEMES[theme];
  return {
    color: color ?? base.color,
    bg: bg ?? base.bg,
    bgOpacity: bgOpacity ?? base.bgOpacity,
    stroke: stroke ?? base.stroke,
    shadow: shadow ?? base.shadow,
  };
}

export const readOverlaySettings = (
  address: { readonly search: string; readonly hash: string },
  note: (text: string) => void,
): OverlaySettings => readSettings(OVERLAY_SETTINGS, address, note);

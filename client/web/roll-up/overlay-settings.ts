import { roomSetting, TOKEN_SETTING } from '../rooms/room-settings.ts';
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
} from '../ui/url-settings.ts';

/** All settings of the overlay; its address holds them. */
export const OVERLAY_SETTINGS = {
  room: roomSetting('Room to show, or the id of a session.'),
  token: TOKEN_SETTING,
  theme: choiceSetting(
    ['dark', 'light', 'yellow', 'outline'],
    'Base colours: white on black, black on white, yellow on black, or outlined white without a background.',
  ),
  lines: wholeSetting(2, 1, 8, 'Number of lines on screen.'),
  chars: wholeSetting(37, 10, 80, 'Most characters in a line; those of double width count twice.'),
  font: patternSetting(
    '',
    /^[\p{L}\p{N} ,'"-]{0,200}$/u,
    'names of fonts, the first that is there',
    'A font installed on the machine that shows the page. Empty: a sans serif.',
  ),
  size: wholeSetting(0, 0, 300, 'Font size in pixels; 0 fills the page.'),
  weight: wholeSetting(600, 100, 900, 'Font weight.'),
  color: themedSetting(colorSetting('#ffffff', 'Text colour; default: the theme’s.')),
  bg: themedSetting(colorSetting('#000000', 'Background colour; default: the theme’s.')),
  bgOpacity: themedSetting(wholeSetting(75, 0, 100, 'Opacity of the background, in percent; default: the theme’s.')),
  box: flagSetting(false, 'One background box behind all lines, instead of a strip behind each.'),
  stroke: themedSetting(wholeSetting(0, 0, 12, 'Width of the outline in pixels; default: the theme’s.')),
  strokeColor: colorSetting('#000000', 'Outline colour.'),
  shadow: themedSetting(wholeSetting(0, 0, 40, 'Blur of the text shadow in pixels; default: the theme’s.')),
  align: choiceSetting(['left', 'center', 'right'], 'Alignment of lines. Centred lines move while they fill.'),
  valign: choiceSetting(['bottom', 'middle', 'top'], 'Position of the lines in the page.'),
  dir: choiceSetting(['auto', 'ltr', 'rtl'], 'Writing direction; `auto` detects it in each line.'),
  case: choiceSetting(['sentence', 'upper', 'lower'], 'Letters as written, all in upper case, or all in lower case.'),
  text: choiceSetting(['cleaned', 'raw'], 'Cleaned text where it arrives in time, or the words as spoken.'),
  translate: patternSetting(
    '',
    /^[a-z]{2,3}(-[A-Za-z]{2,4})?$|^$/,
    'a language: `de`',
    'Show this language instead of the spoken one.',
  ),
  interim: flagSetting(true, 'Show words while they are spoken; otherwise whole sentences only.'),
  speaker: flagSetting(true, 'Mark a change of speaker with `>>`.'),
  names: listSetting('Names of the speakers, one for each channel.'),
  profanity: choiceSetting(['show', 'mask'], 'Mask swear words from a short list.'),
  mask: listSetting('Other words to mask.'),
  speed: wholeSetting(20, 5, 60, 'Reading speed while lines are waiting, in characters a second.'),
  fade: wholeSetting(8_000, 0, 600_000, 'Silence after which the lines fade out, ms; 0 is never.'),
  delay: wholeSetting(0, 0, 60_000, 'Delay of the captions, ms, for a delayed picture.'),
  lang: patternSetting(
    '',
    /^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$|^$/,
    'a language: `de`',
    'Language of the page’s own messages. Empty: the browser’s.',
  ),
  motion: flagSetting(true, 'Scroll lines smoothly; otherwise they jump.'),
  preview: flagSetting(false, 'Show sample text on a chequered background, without a server.'),
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

/** The theme's colours with the user's own choices applied. */
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

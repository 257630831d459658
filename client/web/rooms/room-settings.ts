import { patternSetting, type UrlSetting } from '../ui/url-settings.ts';

/** A valid name of a room; the same as `roomSchema` of the protocol, which would bring zod into the pages. */
export const ROOM_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** The room in the address of a page that shows one. */
export const roomSetting = (doc: string): UrlSetting<string> =>
  patternSetting('main', ROOM_PATTERN, 'a-z, 0-9 and -, up to 64', doc);

/** The viewer token in the address of a page that shows a room. */
export const TOKEN_SETTING = patternSetting(
  '',
  /^[\w.~+/=-]{1,512}$/,
  'a viewer token',
  'Viewer token, for a server that requires one. Better in the fragment: `#token=…` is in no log.',
);

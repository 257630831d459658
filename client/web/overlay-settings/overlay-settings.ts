import { toPrintable } from '../../../protocol/printable.ts';
import { setUpKeyButton } from '../auth/key-button.ts';
import { PageAuth } from '../auth/page-auth.ts';
import { CaptionRenderer } from '../overlay/caption-renderer.ts';
import {
  OVERLAY_SETTINGS,
  type OverlaySettings,
  readOverlaySettings,
  TOKEN_SETTING,
} from '../overlay/overlay-settings.ts';
import { writeSettings } from '../overlay/url-settings.ts';
import { createToken, listTokens, revokeToken, type TokenRequest } from '../rooms/viewer-tokens.ts';
import { copyText } from '../ui/clipboard.ts';
import { SettingsForm } from './settings-form.ts';

const find = <E extends HTMLElement>(id: string): E => document.querySelector<E>(`#${id}`)!;
const say = (text: string): void => {
  find('said').textContent = text;
};

let settings: OverlaySettings = readOverlaySettings(location, (text) => console.warn(`Overlay settings: ${text}`));
let stage: CaptionRenderer | undefined;
let asksForKey = false;
const entry = new PageAuth({ hash: 'viewer', uses: ['viewers'] });

function show(): void {
  stage?.close();
  stage = new CaptionRenderer(find('preview'), { ...settings, delay: 0 });
  stage.playSample();
  const link = writeSettings(OVERLAY_SETTINGS, { ...settings, preview: false }, `${location.origin}/overlay`);
  find<HTMLInputElement>('link').value = link;
  find<HTMLAnchorElement>('try').href = link;
  find('needs-token').hidden = !asksForKey || settings.token !== '';
  // Reloading or bookmarking this page keeps what was set; a token is not put where the history keeps it.
  history.replaceState(null, '', writeSettings(OVERLAY_SETTINGS, { ...settings, token: '' }, location.pathname));
}

const form = new SettingsForm(find('form'), settings, (values) => {
  // A token opens the room it was made for.
  const token = values.room === settings.room ? settings.token : '';
  settings = { ...values, token };
  show();
});

const request = async (): Promise<TokenRequest> => ({ room: settings.room, credential: await entry.given() });

async function attempt(run: () => Promise<void>): Promise<void> {
  const problem = find('viewers-problem');
  problem.hidden = true;
  if (!(await entry.enter())) return;
  try {
    await run();
  } catch (error) {
    entry.refused();
    problem.hidden = false;
    problem.textContent = error instanceof Error ? error.message : String(error);
  }
}

async function make(): Promise<void> {
  const seconds = Number(find<HTMLSelectElement>('seconds').value) || undefined;
  const { token } = await createToken(await request(), {
    label: find<HTMLInputElement>('label').value.trim(),
    seconds,
  });
  if (TOKEN_SETTING.read(token) === undefined)
    throw new Error('The server made a token that this page does not understand.');
  settings = { ...settings, token };
  show();
  say('The token is in the link now. Treat the link as a password.');
  await list();
}

async function list(): Promise<void> {
  const tokens = await listTokens(await request());
  const rows = tokens.map(({ id, label, created, expires }) => {
    const row = document.createElement('li');
    const name = document.createElement('span');
    name.textContent = toPrintable(label ?? 'without a name');
    const dates = document.createElement('small');
    const date = (at: string | number): string => new Date(at).toLocaleString();
    dates.textContent = `made ${date(created)}${expires === undefined ? '' : `, until ${date(expires)}`}`;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'plain';
    button.textContent = 'Revoke';
    button.setAttribute('aria-label', `Revoke ${name.textContent}`);
    button.addEventListener('click', () => {
      void attempt(async () => {
        await revokeToken(await request(), id);
        say(`${name.textContent} is revoked; whoever used it is cut.`);
        await list();
      });
    });
    row.append(name, dates, button);
    return row;
  });
  if (rows.length === 0) {
    const none = document.createElement('li');
    none.textContent = 'This room has no tokens.';
    rows.push(none);
  }
  find('tokens').replaceChildren(...rows);
}

find<HTMLSelectElement>('ground').addEventListener('change', ({ target }) => {
  find('preview').dataset['ground'] = (target as HTMLSelectElement).value;
});
find('copy').addEventListener('click', () => {
  void copyText(find<HTMLInputElement>('link').value).then((done) =>
    say(done ? 'Copied.' : 'The browser did not allow copying; the link is selected.'),
  );
  find<HTMLInputElement>('link').select();
});
find('reset').addEventListener('click', () => {
  settings = readOverlaySettings({ search: '', hash: '' }, () => {});
  form.fill(settings);
  show();
});
find('make').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(make);
});
find('list').addEventListener('click', () => void attempt(list));
show();
setUpKeyButton(find('key'), entry);
void entry.needsKey().then((needed) => {
  asksForKey = needed;
  if (needed) find('viewers-note').textContent = 'A token opens this room, text only. It can be revoked at any time.';
  find('needs-token').hidden = !needed || settings.token !== '';
});

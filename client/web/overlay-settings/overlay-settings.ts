import { toPrintable } from '../../../protocol/printable.ts';
import { setUpKeyButton } from '../auth/key-button.ts';
import { PageAuth } from '../auth/page-auth.ts';
import { CaptionRenderer } from '../roll-up/caption-renderer.ts';
import { OVERLAY_SETTINGS, type OverlaySettings, readOverlaySettings } from '../roll-up/overlay-settings.ts';
import { TOKEN_SETTING } from '../rooms/room-settings.ts';
import { createToken, listTokens, revokeToken, type TokenRequest } from '../rooms/viewer-tokens.ts';
import { copyText } from '../ui/clipboard.ts';
import { getElement, onClick } from '../ui/dom.ts';
import { writeSettings } from '../ui/url-settings.ts';
import { SettingsForm } from './settings-form.ts';

const showMessage = (text: string): void => {
  getElement('said').textContent = text;
};

let settings: OverlaySettings = readOverlaySettings(location, (text) => console.warn(`Overlay settings: ${text}`));
let stage: CaptionRenderer | undefined;
let asksForKey = false;
const auth = new PageAuth({ hash: 'viewer', uses: ['viewers'] });

function show(): void {
  stage?.close();
  stage = new CaptionRenderer(getElement('preview'), { ...settings, delay: 0 });
  stage.playSample();
  const link = writeSettings(OVERLAY_SETTINGS, { ...settings, preview: false }, `${location.origin}/overlay`);
  getElement('link', HTMLInputElement).value = link;
  getElement('try', HTMLAnchorElement).href = link;
  getElement('needs-token').hidden = !asksForKey || settings.token !== '';
  // Keeps the settings when the page is reloaded or bookmarked; a token must not enter the browser's history.
  history.replaceState(null, '', writeSettings(OVERLAY_SETTINGS, { ...settings, token: '' }, location.pathname));
}

const form = new SettingsForm(getElement('form'), settings, (values) => {
  // A token is valid for one room only.
  const token = values.room === settings.room ? settings.token : '';
  settings = { ...values, token };
  show();
});

const buildRequest = async (): Promise<TokenRequest> => ({ room: settings.room, credential: await auth.storedKey() });

async function runWithAccess(run: () => Promise<void>): Promise<void> {
  const problem = getElement('viewers-problem');
  problem.hidden = true;
  if (!(await auth.ensureAccess())) return;
  try {
    await run();
  } catch (error) {
    auth.discardTokens();
    problem.hidden = false;
    problem.textContent = error instanceof Error ? error.message : String(error);
  }
}

async function addToken(): Promise<void> {
  const seconds = Number(getElement('seconds', HTMLSelectElement).value) || undefined;
  const { token } = await createToken(await buildRequest(), {
    label: getElement('label', HTMLInputElement).value.trim(),
    seconds,
  });
  if (TOKEN_SETTING.read(token) === undefined) throw new Error('The server created a token that this page cannot use.');
  settings = { ...settings, token };
  show();
  showMessage('The token is in the link now. Treat the link as a password.');
  await showTokens();
}

async function showTokens(): Promise<void> {
  const tokens = await listTokens(await buildRequest());
  const rows = tokens.map(({ id, label, created, expires }) => {
    const row = document.createElement('li');
    const name = document.createElement('span');
    name.textContent = toPrintable(label ?? 'without a name');
    const dates = document.createElement('small');
    const date = (at: string | number): string => new Date(at).toLocaleString();
    dates.textContent = `created ${date(created)}${expires === undefined ? '' : `, until ${date(expires)}`}`;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'plain';
    button.textContent = 'Revoke';
    button.setAttribute('aria-label', `Revoke ${name.textContent}`);
    button.addEventListener('click', () => {
      void runWithAccess(async () => {
        await revokeToken(await buildRequest(), id);
        showMessage(`${name.textContent} is revoked; viewers who used it are disconnected.`);
        await showTokens();
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
  getElement('tokens').replaceChildren(...rows);
}

getElement('ground', HTMLSelectElement).addEventListener('change', ({ target }) => {
  getElement('preview').dataset['ground'] = (target as HTMLSelectElement).value;
});
onClick('copy', () => {
  void copyText(getElement('link', HTMLInputElement).value).then((done) =>
    showMessage(done ? 'Copied.' : 'The browser did not allow copying; the link is selected.'),
  );
  getElement('link', HTMLInputElement).select();
});
onClick('reset', () => {
  settings = readOverlaySettings({ search: '', hash: '' }, () => {});
  form.fill(settings);
  show();
});
getElement('make').addEventListener('submit', (event) => {
  event.preventDefault();
  void runWithAccess(addToken);
});
onClick('list', () => runWithAccess(showTokens));
show();
setUpKeyButton(getElement('key'), auth);
void auth.needsKey().then((needed) => {
  asksForKey = needed;
  if (needed)
    getElement('viewers-note').textContent =
      'A token gives access to the text of this room. It can be revoked at any time.';
  getElement('needs-token').hidden = !needed || settings.token !== '';
});

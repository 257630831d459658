import { toPrintable } from '../../../protocol/printable.ts';
import { setUpKeyButton } from '../auth/key-button.ts';
import { PageAuth } from '../auth/page-auth.ts';
import { CaptionRenderer } from '../roll-up/caption-renderer.ts';
import { OVERLAY_SETTINGS, type OverlaySettings, readOverlaySettings } from '../roll-up/overlay-settings.ts';
import { TOKEN_SETTING } from '../rooms/room-settings.ts';
import { createToken, listTokens, revokeToken, type TokenRequest } from '../rooms/viewer-tokens.ts';
import { copyText } from '../ui/clipboard.ts';
import { createButton, createElement, getElement, onClick } from '../ui/dom.ts';
import { writeSettings } from '../ui/url-settings.ts';
import { SettingsForm } from './settings-form.ts';

const showMessage = (text: string): void => {
  getElement('status').textContent = text;
};

let settings: OverlaySettings = readOverlaySettings(location, (text) => console.warn(`Overlay settings: ${text}`));
let preview: CaptionRenderer | undefined;
let needsKey = false;
const auth = new PageAuth({ hash: 'viewer', uses: ['viewers'] });

function show(): void {
  preview?.close();
  preview = new CaptionRenderer(getElement('preview'), { ...settings, delay: 0 });
  preview.playSample();
  const link = writeSettings(OVERLAY_SETTINGS, { ...settings, preview: false }, `${location.origin}/overlay`);
  getElement('link', HTMLInputElement).value = link;
  getElement('open-overlay', HTMLAnchorElement).href = link;
  getElement('needs-token').hidden = !needsKey || settings.token !== '';
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
    const name = toPrintable(label ?? 'without a name');
    const date = (at: string | number): string => new Date(at).toLocaleString();
    const dates = `created ${date(created)}${expires === undefined ? '' : `, until ${date(expires)}`}`;
    const revoke = async (): Promise<void> => {
      await revokeToken(await buildRequest(), id);
      showMessage(`${name} is revoked; viewers who used it are disconnected.`);
      await showTokens();
    };
    const properties = { className: 'button', attributes: { 'aria-label': `Revoke ${name}` } };
    const button = createButton('Revoke', () => runWithAccess(revoke), properties);
    return createElement('li', {}, createElement('span', {}, name), createElement('small', {}, dates), button);
  });
  if (rows.length === 0) rows.push(createElement('li', {}, 'This room has no tokens.'));
  getElement('tokens').replaceChildren(...rows);
}

getElement('preview-background', HTMLSelectElement).addEventListener('change', ({ target }) => {
  getElement('preview').dataset['background'] = (target as HTMLSelectElement).value;
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
getElement('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void runWithAccess(addToken);
});
onClick('list', () => runWithAccess(showTokens));
show();
setUpKeyButton(getElement('key'), auth);
void auth.needsKey().then((needed) => {
  needsKey = needed;
  if (needed)
    getElement('viewers-note').textContent =
      'A token gives access to the text of this room. It can be revoked at any time.';
  getElement('needs-token').hidden = !needed || settings.token !== '';
});

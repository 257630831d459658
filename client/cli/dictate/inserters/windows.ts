import { UserError } from '../../output/user-error.ts';
import type { Window } from '../core/window.ts';
import { type Inserter, type InserterSettings, REMOVE_STEP } from '../inserter.ts';
import type { Runner } from '../runner.ts';

const USER32 = `Add-Type -Namespace Sotto -Name User -MemberDefinition '
[DllImport("user32.dll")] public static extern System.IntPtr GetForegroundWindow();
[DllImport("user32.dll")] public static extern uint GetWindowThreadProcessId(System.IntPtr window, out uint process);
'
Add-Type -AssemblyName System.Windows.Forms
$window = [Sotto.User]::GetForegroundWindow()`;

const FOCUS = `${USER32}
$process = 0
[void][Sotto.User]::GetWindowThreadProcessId($window, [ref]$process)
Write-Output "$window $((Get-Process -Id $process).ProcessName)"`;

/** Text arrives base64-encoded on standard input: no quoting, and nothing on the command line. */
const TEXT = `$text = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String([Console]::In.ReadToEnd()))`;
const MOVED = 3;

/** Each call starts PowerShell, which takes about half a second, so the same call checks the focused window again. */
export class WindowsInserter implements Inserter {
  readonly name = 'Windows (PowerShell)';
  readonly canRemove = true;
  readonly canIdentifyWindow = true;
  readonly #runner: Runner;
  readonly #settings: InserterSettings;

  constructor(runner: Runner, settings: InserterSettings) {
    if (settings.way === 'type') throw new UserError('Text is only pasted on Windows; leave out --insert type.');
    this.#runner = runner;
    this.#settings = settings;
  }

  async focus(): Promise<Window | undefined> {
    const [, id, program] = /^(\d+) (.*)$/.exec((await this.#script(FOCUS)).trim()) ?? [];
    return id === undefined || id === '0' ? undefined : { id, program };
  }

  async insert(text: string, window: Window | undefined): Promise<void> {
    await this.#script(
      `${USER32}
${guard(window)}
${TEXT}
$kept = Get-Clipboard -Raw
Set-Clipboard -Value $text
[System.Windows.Forms.SendKeys]::SendWait('^v')
Start-Sleep -Milliseconds ${this.#settings.restoreMs}
if ((Get-Clipboard -Raw) -eq $text) { if ($null -eq $kept) { Set-Clipboard -Value $null } else { Set-Clipboard -Value $kept } }`,
      text,
    );
  }

  async removeLast(characters: number, window: Window | undefined): Promise<void> {
    for (let left = characters; left > 0; left -= REMOVE_STEP)
      await this.#script(`${USER32}
${guard(window)}
[System.Windows.Forms.SendKeys]::SendWait('{BACKSPACE ${Math.min(left, REMOVE_STEP)}}')`);
  }

  async toClipboard(text: string): Promise<void> {
    await this.#script(`${TEXT}\nSet-Clipboard -Value $text`, text);
  }

  async close(): Promise<void> {}

  async #script(script: string, text = ''): Promise<string> {
    const encoded = Buffer.from(script, 'utf16le').toString('base64');
    const {
      code,
      out,
      stderr: errorText,
    } = await this.#runner.run(
      'powershell.exe',
      ['-NoProfile', '-NonInteractive', '-STA', '-EncodedCommand', encoded],
      { input: Buffer.from(text).toString('base64'), timeoutMs: 20_000 },
    );
    if (code === 0) return String(out);
    if (code === MOVED) throw new UserError('Another window has the focus now.');
    if (/denied/i.test(errorText))
      throw new UserError('Windows lets no keys through to a program that runs as administrator; run it without.');
    throw new UserError(`PowerShell did not work: ${errorText.split('\n')[0] || `exit ${code}`}.`);
  }
}

const guard = (window: Window | undefined): string =>
  window === undefined ? '' : `if ("$window" -ne '${window.id}') { exit ${MOVED} }`;

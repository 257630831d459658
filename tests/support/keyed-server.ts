import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { SCOPES, type Scope } from '../../protocol/index.ts';
import { ApiKeyAuth } from '../../server/access/api-key-auth.ts';
import { KeyFile } from '../../server/access/key-file.ts';
import { addKey, type NewKey } from '../../server/access/keys.ts';
import { UsageCounter } from '../../server/access/usage.ts';
import { ViewerTokenFile } from '../../server/access/viewer-token-file.ts';
import type { ScriptWord } from '../../server/engine/script.ts';
import { openScriptedServer, silentLog, type TestEndpoint } from './scripted-server.ts';

/** A server that wants keys, with the files they are in; removed with the test. */
export async function openKeyedServer(t: Test, words: readonly ScriptWord[] = [], endpoint: TestEndpoint = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-keys-'));
  let passedMs = 0;
  const nowMs = (): number => Date.now() + passedMs;
  const file = new KeyFile(folder);
  const access = new ApiKeyAuth(file, new UsageCounter(folder, nowMs, silentLog), nowMs);
  const viewerTokens = new ViewerTokenFile(folder, nowMs);
  const server = await openScriptedServer(words, 32, { access, viewerTokens, ...endpoint });
  t.teardown(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    server,
    folder,
    file,
    viewerTokens,
    /** Lets the wall clock of keys and tokens run ahead. */
    pass: (seconds: number): void => {
      passedMs += seconds * 1_000;
    },
    addKey: (name: string, scopes: readonly Scope[] = SCOPES, more: Partial<NewKey> = {}): string =>
      addKey(file, { name, scopes, ...more }, nowMs()).text,
    /** A token of a key, by the server itself. */
    mint: async (key: string, scopes: readonly string[], seconds = 600): Promise<string> => {
      const headers = { authorization: `Bearer ${key}` };
      const body = JSON.stringify({ seconds, scopes });
      const response = await fetch(`${server.url}/v1/token`, { method: 'POST', headers, body });
      if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
      return ((await response.json()) as { token: string }).token;
    },
  };
}

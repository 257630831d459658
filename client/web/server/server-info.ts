import { parseJson } from '../../../protocol/parse-json.ts';
/** The answer of `/v1/info`; older servers may leave out any field. */
export interface ServerInfo {
  readonly model?: string;
  readonly engine?: string;
  readonly languages?: 'all' | readonly string[];
  readonly cleanup?: string;
  readonly sessions?: number;
  readonly sessionsMax?: number;
}

const TIMEOUT_MS = 3_000;

/** Requests the server's information; never rejects. */
export async function fetchServerInfo(): Promise<{ readonly reached: boolean; readonly info: ServerInfo | undefined }> {
  let reached = false;
  try {
    const response = await fetch('/v1/info', { signal: AbortSignal.timeout(TIMEOUT_MS), cache: 'no-store' });
    reached = true;
    return { reached, info: response.ok ? (parseJson(await response.text()) as ServerInfo) : undefined };
  } catch {
    // Unreachable, or no JSON: the result says which.
    return { reached, info: undefined };
  }
}

/** Text of the privacy badge: where the sound and the sentences really go. */
export function describePrivacy(hostname: string, cleanup: string | undefined): { text: string; detail: string } {
  const bare = hostname.replace(/^\[|\]$/g, '');
  const here = bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1' || /^127(\.\d+){3}$/.test(bare);
  if (cleanup === 'openai') {
    return {
      text: here ? 'Audio stays here' : `Audio goes to ${hostname}`,
      detail: 'Finished sentences are sent to the language model service that this server is configured with.',
    };
  }
  return here
    ? { text: 'Local only', detail: 'Audio and text stay on this machine.' }
    : { text: `Sent to ${hostname}`, detail: `Audio goes to ${hostname}, and text comes back from it.` };
}

import { parseJson } from '../../../protocol/parse-json.ts';
/** What `/v1/info` says; all of it may be missing on an older server. */
export interface ServerInfo {
  readonly model?: string;
  readonly engine?: string;
  readonly languages?: 'all' | readonly string[];
  readonly cleanup?: string;
  readonly sessions?: number;
  readonly sessionsMax?: number;
}

const TIMEOUT_MS = 3_000;

/** Asks the server about itself; never throws. */
export async function fetchServerInfo(): Promise<{ readonly reached: boolean; readonly info: ServerInfo | undefined }> {
  let reached = false;
  try {
    const response = await fetch('/v1/info', { signal: AbortSignal.timeout(TIMEOUT_MS), cache: 'no-store' });
    reached = true;
    return { reached, info: response.ok ? (parseJson(await response.text()) as ServerInfo) : undefined };
  } catch {
    // Not there, or no JSON: both are told by what is returned.
    return { reached, info: undefined };
  }
}

/** Where the sound goes, for the privacy badge: the truth, not a slogan. */
export function describePrivacy(hostname: string, cleanup: string | undefined): { text: string; detail: string } {
  const bare = hostname.replace(/^\[|\]$/g, '');
  const here = bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1' || /^127(\.\d+){3}$/.test(bare);
  if (cleanup === 'openai') {
    return {
      text: here ? 'Sound stays here' : `Sound goes to ${hostname}`,
      detail: 'Finished sentences are sent to the language model service this server was set up with.',
    };
  }
  return here
    ? { text: 'Local only', detail: 'Sound and text stay on this machine.' }
    : { text: `Sent to ${hostname}`, detail: `Sound goes to ${hostname}, and text comes back from it.` };
}

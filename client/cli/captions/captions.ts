import { WebSocket } from 'ws';
import { CaptionAssembler } from '../../../transcript/caption-assembler.ts';
import { type ViewerEvent, type ViewerState, watchRoom } from '../../sdk/index.ts';
import { printMessage } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';
import { HlsOutlet } from './hls-outlet.ts';
import { ObsOutlet } from './obs-outlet.ts';
import { CAPTION_TARGETS, type CaptionsOptions, type CaptionTarget } from './options.ts';
import { type Clock, type Outlet, type PrintMessage, systemClock } from './outlet.ts';
import { readSecret, readSecretAddress } from './secrets.ts';
import { WebhookOutlet } from './webhook-outlet.ts';
import { ZoomOutlet } from './zoom-outlet.ts';

/** Most blocks that may wait for OBS or Zoom: some minutes of speech. Captions that are later are of no use. */
const BLOCKS_MAX = 256;
/** Time to deliver the remaining captions at the end, ms. */
const GRACE_MS = 5_000;
/** Characters of a line: the limit of CEA-608, and what reads well in a window. */
const CHARS = { obs: 32, zoom: 42 } as const;
const NO_RETRY = 1;
const TOKEN_ADVICE = 'it requires a viewer token; put it into SOTTO_VIEWER_TOKEN, or pass --token.';

/** `sotto captions`: sends the captions of a room to other programs. Resolves with the exit status. */
export async function runCaptions(options: CaptionsOptions): Promise<number> {
  const print: PrintMessage = printMessage;
  const stopped = new Promise<'stopped'>((resolve) => {
    process.once('SIGINT', () => resolve('stopped'));
    process.once('SIGTERM', () => resolve('stopped'));
  });
  return sendCaptions(options, { outlets: openOutlets(options, print, systemClock), stopped, print });
}

export interface CaptionSending {
  readonly outlets: readonly Outlet[];
  readonly stopped: Promise<unknown>;
  readonly print: PrintMessage;
}

/** Sends captions from the room to all outlets until it is stopped, or none of them is left. */
export async function sendCaptions(
  options: CaptionsOptions,
  { outlets, stopped, print }: CaptionSending,
): Promise<number> {
  const { server: url, room, token, from, translate, raw, waitMs } = options;
  const sentences = new CaptionAssembler({ text: raw ? 'raw' : 'cleaned', translate, waitMs });
  const activeOutlets = new Set(outlets);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const sendDue = (nowMs: number): void => {
    for (const caption of sentences.take(nowMs)) for (const outlet of activeOutlets) outlet.take(caption);
    clearTimeout(timer);
    if (sentences.dueMs !== undefined) timer = setTimeout(() => sendDue(Date.now()), sentences.dueMs - nowMs);
  };
  let end!: (status: number) => void;
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  for (const outlet of outlets)
    void outlet.failed.then((text) => {
      print(`${outlet.name}: ${text}`);
      activeOutlets.delete(outlet);
      if (activeOutlets.size === 0) end(NO_RETRY);
    });
  let wasLive = false;
  const watching = watchRoom({
    ...{ url, room, token, from, translate, WebSocket: WebSocket as never },
    on: {
      event: (event) => {
        if (event.type === 'room') {
          reportCut(event, print);
          if (options.untilIdle && wasLive && event.state === 'idle') end(0);
          wasLive ||= event.state === 'live';
        }
        sentences.read(event, Date.now());
        sendDue(Date.now());
      },
      state: (state) => {
        const refusal = reportState(state, url, print);
        if (refusal !== undefined) end(NO_RETRY);
      },
    },
  });
  const status = await Promise.race([ended, stopped.then(() => 0)]);
  watching.close();
  sendDue(Number.POSITIVE_INFINITY);
  await Promise.all([...activeOutlets].map((outlet) => outlet.finish(GRACE_MS)));
  return status;
}

function reportCut({ cut }: Extract<ViewerEvent, { type: 'room' }>, print: PrintMessage): void {
  if (cut) print('the server no longer has everything that was said meanwhile; captions are missing.');
}

function reportState(state: ViewerState, url: string, print: PrintMessage): string | undefined {
  if (state.state === 'refused') {
    const reason = state.fault.code === 'auth.missing' ? TOKEN_ADVICE : state.fault.text;
    print(`the server refuses to show this room: ${reason}`);
    return reason;
  }
  if (state.state === 'connecting' && state.attempt === 2) print(`${url} is not reached; trying again.`);
  if (state.state === 'watching') print(`watching at ${url}.`);
  return undefined;
}

/** Opens the outlets that the options name. Throws a `UserError` that says what is missing. */
export function openOutlets(options: CaptionsOptions, print: PrintMessage, clock: Clock): Outlet[] {
  if (options.to.length === 0) throw new UserError(`say where captions go: --to ${CAPTION_TARGETS.join('|')}`);
  return [...new Set(options.to)].map((target) => openOutlet(target, options, { print, clock }));
}

function openOutlet(
  target: CaptionTarget,
  options: CaptionsOptions,
  context: { print: PrintMessage; clock: Clock },
): Outlet {
  const { style, chars, rows, minMs, maxMs, readingSpeed, room } = options;
  const pace = { style, rows, minMs, maxMs, charsPerSecond: readingSpeed, blocksMax: BLOCKS_MAX };
  switch (target) {
    case 'obs': {
      const password = readSecret({ variable: 'SOTTO_OBS_PASSWORD', file: options.obsPasswordFile });
      return new ObsOutlet({
        ...context,
        ...{ url: options.obsUrl, password, pace: { ...pace, chars: chars ?? CHARS.obs } },
      });
    }
    case 'zoom': {
      const url = readSecretAddress({ variable: 'SOTTO_ZOOM_URL', file: options.zoomUrlFile }, 'Zoom’s caption URL');
      const language = options.zoomLanguage;
      return new ZoomOutlet({ ...context, url, language, pace: { ...pace, chars: chars ?? CHARS.zoom } });
    }
    case 'webhook': {
      const url = readSecretAddress(
        { variable: 'SOTTO_WEBHOOK_URL', file: options.webhookUrlFile },
        'The webhook’s address',
      );
      const secret = readSecret({ variable: 'SOTTO_WEBHOOK_SECRET', file: options.webhookSecretFile });
      return new WebhookOutlet({ ...context, url, room, secret });
    }
    case 'hls':
      return new HlsOutlet({ ...context, ...readHlsOptions(options) });
  }
}

function readHlsOptions({
  hlsFolder: folder,
  hlsSeconds,
  hlsHold,
  hlsKeep: keep,
  hlsStart,
  hlsMpegts: mpegts,
}: CaptionsOptions) {
  if (folder === undefined) throw new UserError('say where the HLS files go: --hls-folder FOLDER');
  const segmentMs = hlsSeconds * 1_000;
  const startMs = hlsStart === undefined ? Math.floor(Date.now() / segmentMs) * segmentMs : Date.parse(hlsStart);
  if (Number.isNaN(startMs)) throw new UserError(`${hlsStart} is no time such as 2026-01-31T12:00:00Z.`);
  return { folder, segmentMs, holdMs: hlsHold * 1_000, keep, timeLine: { originMs: startMs, mpegts } };
}

import { type Command, InvalidArgumentError, Option } from 'commander';
import { CAPTION_TARGETS, type CaptionsOptions, type CaptionTarget } from './options.ts';

const DESCRIPTION = `send what is said in a room to other programs
Secrets come from the environment or a file: SOTTO_OBS_PASSWORD, SOTTO_ZOOM_URL, SOTTO_WEBHOOK_URL, SOTTO_WEBHOOK_SECRET`;

/** `sotto captions` with its options. */
export function createCaptionsCommand(command: Command, ended: (status: number) => void): void {
  const between = (least: number, most: number) => (text: string) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
  command
    .summary('send what is said in a room to OBS, Zoom, a webhook or HLS files')
    .description(DESCRIPTION)
    .requiredOption('--room <room>', 'whose text it is; sessions name it as `room`')
    .requiredOption('--to <target>', `${CAPTION_TARGETS.join(', ')}; may be given several times`, collect, [])
    .option('--server <url>', 'the server', 'http://127.0.0.1:8080')
    .addOption(
      new Option('--token <token>', 'viewer token of that room; better in the environment').env('SOTTO_VIEWER_TOKEN'),
    )
    .option('--translate <code>', 'captions in this language')
    .option('--raw', 'as spoken, not cleaned', false)
    .option('--from <place>', 'now, start, or a cursor', place, 'now')
    .option('--wait-ms <ms>', 'longest wait for a cleaning or translation', between(0, 60_000), 2_000)
    .option('--until-idle', 'end when nobody speaks in the room any more', false)
    .addOption(
      new Option('--style <style>', 'how text comes onto the screen of OBS and Zoom')
        .choices(['pop-on', 'paint-on', 'roll-up'])
        .default('pop-on'),
    )
    .option('--chars <count>', 'characters of a line; 32 for obs, 42 for zoom', between(10, 100))
    .option('--rows <count>', 'lines on screen', between(1, 4), 2)
    .option('--min-ms <ms>', 'shortest time of a block on screen', between(0, 10_000), 1_000)
    .option('--max-ms <ms>', 'longest, then OBS’s screen is cleared; 0 never', between(0, 600_000), 7_000)
    .option('--reading-speed <chars>', 'characters a second', between(5, 1_000), 20)
    .option('--obs-url <url>', 'obs: its WebSocket server', 'ws://127.0.0.1:4455')
    .option('--obs-password-file <file>', 'obs: file that holds its password')
    .option('--zoom-url-file <file>', 'zoom: file that holds the caption URL of the meeting')
    .option('--zoom-language <code>', 'zoom: language such as en-US')
    .option('--webhook-url-file <file>', 'webhook: file that holds the address')
    .option('--webhook-secret-file <file>', 'webhook: file that holds the secret to sign with')
    .option('--hls-folder <folder>', 'hls: where captions.m3u8 and its segments go')
    .option('--hls-seconds <s>', 'hls: length of a segment', between(1, 30), 6)
    .option('--hls-hold <s>', 'hls: how long a segment waits for its text', between(0, 60), 8)
    .option('--hls-keep <count>', 'hls: segments in the playlist; 0 is all', between(0, 10_000), 10)
    .option('--hls-start <time>', 'hls: when the picture began; default now')
    .option('--hls-mpegts <stamp>', 'hls: time stamp of the picture at that moment', between(0, 2 ** 33), 0)
    .action(async (options: CaptionsOptions) => {
      const { runCaptions } = await import('./captions.ts');
      ended(await runCaptions(options));
    });
}

function collect(text: string, before: readonly CaptionTarget[]): CaptionTarget[] {
  const targets = text.split(',');
  const wrong = targets.find((target) => !CAPTION_TARGETS.includes(target as CaptionTarget));
  if (wrong !== undefined) throw new InvalidArgumentError(`There are ${CAPTION_TARGETS.join(', ')}.`);
  return [...before, ...(targets as CaptionTarget[])];
}

function place(text: string): 'now' | 'start' | number {
  if (text === 'now' || text === 'start') return text;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('It must be now, start, or a cursor.');
}

import { spawn } from 'node:child_process';
import decode from 'audio-decode';
import { UserError } from '../output/user-error.ts';
import { buildProgramEnvironment } from '../programs/program-environment.ts';

export interface DecodedAudio {
  /** Mono, [-1, 1]. */
  readonly samples: Float32Array;
  readonly sampleRate: number;
}

const FFMPEG_TIMEOUT_MS = 600_000;

/** Decodes a whole file. `ffmpeg`, if installed, decodes what the library cannot. Throws a `UserError` when neither can. */
export async function decodeFile(bytes: Buffer, name: string): Promise<DecodedAudio> {
  const audio = await decode(new Uint8Array(bytes)).catch(() => undefined);
  if (audio !== undefined && audio.channelData.length > 0 && audio.channelData[0]!.length > 0) {
    return fit(mix(audio.channelData), audio.sampleRate);
  }
  const converted = await ffmpeg(bytes);
  if (converted !== undefined && converted.length > 0) return { samples: converted, sampleRate: 16_000 };
  const known = 'WAV, FLAC, MP3, OGG, Opus, WebM, M4A and AAC are';
  throw new UserError(`${name} is not audio that can be read: ${known}. With ffmpeg installed, most others are too.`);
}

function mix(channels: readonly Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0]!;
  return channels[0]!.map((_, i) => channels.reduce((sum, channel) => sum + channel[i]!, 0) / channels.length);
}

/** Brings audio into the server's range of 8 to 48 kHz: halves the rate by averaging neighbours, or doubles it by interpolation. */
function fit(samples: Float32Array, sampleRate: number): DecodedAudio {
  if (sampleRate > 48_000) {
    const half = new Float32Array(Math.floor(samples.length / 2));
    for (let i = 0; i < half.length; i++) half[i] = (samples[2 * i]! + samples[2 * i + 1]!) / 2;
    return fit(half, sampleRate / 2);
  }
  if (sampleRate >= 8_000) return { samples, sampleRate };
  const double = new Float32Array(samples.length * 2);
  for (let i = 0; i < samples.length; i++) {
    double[2 * i] = samples[i]!;
    double[2 * i + 1] = (samples[i]! + (samples[i + 1] ?? samples[i]!)) / 2;
  }
  return fit(double, sampleRate * 2);
}

/** Decodes with ffmpeg; undefined when it is not installed or cannot decode the file either. */
function ffmpeg(bytes: Buffer): Promise<Float32Array | undefined> {
  return new Promise((resolve) => {
    const args = [
      '-loglevel',
      'error',
      '-protocol_whitelist',
      'pipe',
      '-i',
      'pipe:0',
      '-f',
      'f32le',
      '-ac',
      '1',
      '-ar',
      '16000',
      'pipe:1',
    ];
    const child = spawn('ffmpeg', args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: FFMPEG_TIMEOUT_MS,
      env: buildProgramEnvironment(),
    });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => {
      const all = Buffer.concat(parts);
      resolve(
        code === 0 ? new Float32Array(all.buffer.slice(all.byteOffset, all.byteOffset + (all.length & ~3))) : undefined,
      );
    });
    // ffmpeg may stop reading early, which breaks the pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(bytes);
  });
}

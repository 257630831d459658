import { AudioReader, compileLibav, type DecodedPiece } from '../../server/libav/reader.ts';
import { openMemory } from '../../server/libav/sources.ts';

let libav: WebAssembly.Module | undefined;

/** The samples of a whole recording, by channel. */
export function decodeAudio(bytes: Uint8Array): { channelData: Float32Array[]; sampleRate: number } {
  libav ??= compileLibav();
  const { source, demuxer } = openMemory(bytes);
  const reader = AudioReader.openFile(libav, source, demuxer);
  const pieces: DecodedPiece[] = [];
  for (let piece = reader.read(); piece !== undefined; piece = reader.read()) pieces.push(piece);
  const channels = pieces[0]?.planes.length ?? 0;
  const channelData = Array.from({ length: channels }, (_, channel) =>
    Float32Array.from(pieces.flatMap(({ planes }) => [...planes[Math.min(channel, planes.length - 1)]!])),
  );
  return { channelData, sampleRate: pieces[0]?.sampleRate ?? 0 };
}

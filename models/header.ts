import type { ModelKind } from './registry.ts';

/** How many bytes identify the kind of a file. */
export const HEADER_BYTES = 8;

interface FileFormat {
  readonly name: string;
  matches(header: Buffer): boolean;
}

/** A protocol buffer whose first field is number 1, the version of the format. */
const isOnnx = (header: Buffer): boolean => header[0] === 0x08;

const FORMATS: Readonly<Record<ModelKind, FileFormat>> = {
  speech: { name: 'Whisper ggml', matches: (header) => header.readUInt32LE(0) === 0x67676d6c },
  cleanup: { name: 'GGUF', matches: (header) => header.readUInt32LE(0) === 0x46554747 },
  vad: { name: 'ONNX', matches: isOnnx },
  turn: { name: 'ONNX', matches: isOnnx },
};

/** What is wrong with the header of a model file; undefined when nothing is. */
export function findHeaderProblem(header: Buffer, kind: ModelKind): string | undefined {
  const format = FORMATS[kind];
  if (header.length >= HEADER_BYTES && format.matches(header)) return undefined;
  return `it does not begin like a ${format.name} file`;
}

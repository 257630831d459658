import type { ModelKind } from './registry.ts';

const GGML_MAGIC = 0x67676d6c;
const GGUF_MAGIC = 0x46554747;

/** A protocol buffer whose first field is number 1, the version of the format. */
const ONNX_START = 0x08;

/** How many bytes identify the kind of a file. */
export const HEADER_BYTES = 8;

/** What is wrong with the header of a model file; undefined when nothing is. */
export function findHeaderProblem(header: Buffer, kind: ModelKind): string | undefined {
  if (kind === 'turn') return header[0] === ONNX_START ? undefined : 'it does not begin like an ONNX file';
  const magic = kind === 'speech' ? GGML_MAGIC : GGUF_MAGIC;
  if (header.length >= HEADER_BYTES && header.readUInt32LE(0) === magic) return undefined;
  return `it does not begin like a ${kind === 'speech' ? 'Whisper ggml' : 'GGUF'} file`;
}

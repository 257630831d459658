import { FileBlocks } from '../../server/gateway/file-blocks.ts';
import type { UploadedFile } from '../../server/ports/decoder.ts';

/** Bytes as the file that a client would have uploaded. */
export function uploadedFile(bytes: Uint8Array): UploadedFile {
  const file = new FileBlocks();
  file.write(bytes);
  return file.finish();
}

import { createHash } from 'node:crypto';
import type { UploadedFile } from '../ports/decoder.ts';

/** Block size, bytes: a file takes a few hundred blocks, and copying one takes a fraction of a millisecond. */
const BLOCK_BYTES = 262_144;

/**
 * Collects a file as it arrives. Chunks are copied into blocks of equal size: single bytes take no more memory than their
 * size, and the whole file is never joined, which would block the event loop.
 */
export class FileBlocks {
  readonly #full: Uint8Array[] = [];
  readonly #hash = createHash('sha256');
  #block = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  #size = 0;

  write(chunk: Uint8Array): void {
    this.#size += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + BLOCK_BYTES - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === BLOCK_BYTES) this.#push(this.#block);
    }
  }

  finish(): UploadedFile {
    if (this.#filled > 0) this.#push(this.#block.slice(0, this.#filled));
    const blocks = this.#full;
    return { size: this.#size, sha256: this.#hash.digest('hex'), takeBlocks: () => taken(blocks) };
  }

  #push(block: Uint8Array): void {
    this.#hash.update(block);
    this.#full.push(block);
    this.#block = new Uint8Array(BLOCK_BYTES);
    this.#filled = 0;
  }
}

function* taken(blocks: Uint8Array[]): Generator<Uint8Array> {
  blocks.reverse();
  for (let block = blocks.pop(); block !== undefined; block = blocks.pop()) yield block;
}

import { blake3 } from '@noble/hashes/blake3.js';
import { bytesToHex } from '@noble/hashes/utils.js';

const PIECE = 2 ** 20;

/** The name that the studio gives to the bytes of a file, found piece by piece: the page answers in between. */
export async function digestOf(
  file: Blob,
  signal: AbortSignal,
  onRead: (bytes: number) => void = () => undefined,
): Promise<string> {
  const hash = blake3.create();
  for (let from = 0; from < file.size; from += PIECE) {
    signal.throwIfAborted();
    const bytes = new Uint8Array(await file.slice(from, from + PIECE).arrayBuffer());
    hash.update(bytes);
    onRead(bytes.length);
  }
  return bytesToHex(hash.digest());
}

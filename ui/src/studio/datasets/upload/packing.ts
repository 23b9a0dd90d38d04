import { packTar } from 'modern-tar';

/** A file that was read. */
export interface Content {
  path: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A tar of files, as the studio takes many at once. Names are of any script, and as long as a path may be. */
export async function packed(files: readonly Content[]): Promise<Blob> {
  const entries = files.map(({ path, bytes }) => ({
    header: { name: path, size: bytes.byteLength, type: 'file' as const, mtime: new Date(0) },
    body: bytes,
  }));
  return new Blob([await packTar(entries)]);
}

export type FileLook = 'image' | 'text' | 'none';

const IMAGES = new Set(['png', 'jpg', 'jpeg', 'gif', 'webp', 'avif', 'bmp']);
const BINARY = new Set([
  'parquet', 'arrow', 'feather', 'xlsx', 'xls', 'zip', 'gz', 'zst', 'bz2', 'xz', 'tar', '7z', 'pkl', 'npy', 'npz', 'pt',
  'onnx', 'bin', 'db', 'sqlite', 'duckdb', 'h5', 'tif', 'tiff', 'pdf', 'mp3', 'wav', 'mp4', 'mov', 'webm', 'so', 'exe',
]); // prettier-ignore

export function endingOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : '';
}

/** How a file of a dataset can be looked at. */
export function lookOf(path: string): FileLook {
  const ending = endingOf(path);
  return IMAGES.has(ending) ? 'image' : BINARY.has(ending) ? 'none' : 'text';
}

export function nameOf(path: string): string {
  return path.slice(path.replace(/\/$/, '').lastIndexOf('/') + 1);
}

/** Each folder on the way to one: `a/b` is `['a', 'a/b']`. */
export function wayTo(folder: string): string[] {
  const parts = folder.split('/').filter(Boolean);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Whether most of what is shown are pictures, which are better looked at as a grid. */
export function mostlyImages(files: readonly { path: string; folder?: boolean | undefined }[]): boolean {
  const plain = files.filter((file) => !file.folder);
  return plain.length > 0 && plain.filter((file) => lookOf(file.path) === 'image').length * 2 > plain.length;
}

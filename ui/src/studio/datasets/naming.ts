/** The name the server would give a file: without its ending, and that of its packing; other signs as "-". */
export function nameFromFile(filename: string): string {
  return filename
    .replace(/\.(gz|bz2|xz|zst)$/i, '')
    .replace(/\.[A-Za-z0-9]{1,8}$/, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/^[-._]+|[-._]+$/g, '')
    .slice(0, 100)
    .replace(/[-._]+$/, '');
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export function nameProblem(name: string): string | null {
  if (name === '' || NAME.test(name)) return null;
  return 'Use letters, digits, ".", "_" and "-", up to 100, starting with a letter or digit.';
}

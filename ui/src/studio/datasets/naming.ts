/** The name the server would give a file: its base without endings, other signs as "_". */
export function nameFromFile(filename: string): string {
  const base = filename
    .replace(/\.(gz|zst|bz2|xz)$/i, '')
    .replace(/\.(csv|tsv|txt|tab|parquet|pq|jsonl|ndjson|json)$/i, '');
  return base
    .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
    .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
    .slice(0, 100);
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export function nameProblem(name: string): string | null {
  if (name === '' || NAME.test(name)) return null;
  return 'Use letters, digits, ".", "_" and "-", up to 100, starting with a letter or digit.';
}

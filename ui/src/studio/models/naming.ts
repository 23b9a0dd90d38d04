/** What a model may be called, said while it is typed; the server decides. */
export function nameProblem(name: string): string | null {
  if (name === '') return null;
  if (name.trim() === '') return 'Write a name';
  if (name.length > 250) return 'At most 250 characters';
  if (/[/:\\]/.test(name)) return 'No slash, colon or backslash';
  return name === '.' || name === '..' ? 'It could be mistaken for a folder' : null;
}

/** A name out of a file's: `Titanic v2.tar.gz` is `Titanic v2`. */
export function nameFromFile(file: string): string {
  return file.replace(/\.(tar\.)?\w+$/, '').replaceAll(/[/:\\]+/g, '-') || 'model';
}
